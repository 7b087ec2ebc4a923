import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from kimochi_local import pictures

LABELS = {
    "ureshii": "うれしい",
    "yukai": "ゆかい",
    "anshin": "あんしん",
    "bikkuri": "びっくり",
    "kinchou": "きんちょう",
    "hazukashii": "はずかしい",
    "komatta": "こまった",
    "kanashii": "かなしい",
    "kowai": "こわい",
    "ikari": "いかり",
    "fuyukai": "ふゆかい",
    "wakaranai": "わからない",
}
SVG = "{http://www.w3.org/2000/svg}"
# Shapes and words about them. No text (fonts differ), image, script, style or foreignObject.
ELEMENTS = {"svg", "title", "desc", "g", "path", "rect", "circle", "ellipse"}
LARGEST_BYTES = 30 * 1024


def drawings() -> dict[str, ElementTree.Element]:
    return {source.stem: ElementTree.parse(source).getroot() for source in pictures.SOURCES.glob("*.svg")}


class Sources(unittest.TestCase):
    def test_every_feeling_has_one(self):
        self.assertEqual(set(drawings()), set(LABELS))

    def test_they_share_one_canvas(self):
        for name, svg in drawings().items():
            with self.subTest(name):
                self.assertEqual(svg.get("viewBox"), "0 0 512 512")

    def test_they_say_what_they_show(self):
        for name, svg in drawings().items():
            with self.subTest(name):
                title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")

                self.assertEqual(title.text, LABELS[name])
                self.assertTrue(desc.text.strip())
                self.assertEqual(svg.get("aria-labelledby"), f"{title.get('id')} {desc.get('id')}")

    def test_they_are_shapes_and_nothing_else(self):
        for name, svg in drawings().items():
            with self.subTest(name):
                attributes = {key for element in svg.iter() for key in element.attrib}

                self.assertLessEqual({element.tag.removeprefix(SVG) for element in svg.iter()}, ELEMENTS)
                self.assertEqual([a for a in attributes if "href" in a or a.startswith("on")], [])

    def test_each_has_a_main_colour_of_its_own(self):
        colours = [svg.get("data-main-color") for svg in drawings().values()]

        self.assertEqual(len(set(colours)), len(LABELS))
        for name, svg in drawings().items():
            with self.subTest(name):
                colour = svg.get("data-main-color")

                self.assertRegex(colour, "^#[0-9A-F]{6}$")
                self.assertIn(colour, {element.get("fill") for element in svg.iter()})

    def test_the_readme_names_each_label_and_colour(self):
        readme = (pictures.SOURCES.parent / "README.md").read_text(encoding="utf-8")

        for name, svg in drawings().items():
            with self.subTest(name):
                self.assertIn(f"| `{name}` | {LABELS[name]} | `{svg.get('data-main-color')}` |", readme)

    def test_all_twelve_have_the_same_body_and_head(self):
        outlines = [{path.get("d") for path in svg.iter(f"{SVG}path")} for svg in drawings().values()]

        self.assertEqual(len(set.intersection(*outlines)), 2)


class Rendered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.rendered = pictures.render(cls.folder / "first")

    def test_every_feeling_is_a_small_webp(self):
        self.assertEqual({picture.name for picture in self.rendered}, {f"{name}.webp" for name in LABELS})
        for picture in self.rendered:
            with self.subTest(picture.name), Image.open(picture) as image:
                self.assertEqual((image.format, image.size), ("WEBP", (512, 512)))
                self.assertLessEqual(picture.stat().st_size, LARGEST_BYTES)

    def test_the_corners_of_a_card_are_transparent_and_its_face_is_not(self):
        for picture in self.rendered:
            with self.subTest(picture.name), Image.open(picture) as image:
                alpha = image.convert("RGBA").getchannel("A")

                self.assertEqual([alpha.getpixel(corner) for corner in ((0, 0), (511, 511))], [0, 0])
                self.assertEqual(alpha.getpixel((256, 256)), 255)

    def test_the_same_source_gives_the_same_bytes(self):
        again = pictures.render(self.folder / "second")

        self.assertEqual([p.read_bytes() for p in again], [p.read_bytes() for p in self.rendered])
