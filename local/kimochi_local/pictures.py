"""The feeling cards' pictures: drawn as SVG in images/emotions, shown by the app as WebP.

The sources are what people change and review, so the WebP files are made from them whenever they are
needed, and never committed. The same sources give the same bytes: no font, clock or setting of the machine
takes part.
"""

from __future__ import annotations

import io
from pathlib import Path

import resvg_py
from PIL import Image

from .place import PICTURES, ROOT
from .terminal import say

SOURCES = ROOT / "images" / "emotions"
SIZE_PIXELS = 512


def render(folder: Path) -> list[Path]:
    """Writes one {name}.webp for each {name}.svg into the folder, and returns their paths in order of name."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{source.stem}.webp", _webp(source)) for source in sorted(SOURCES.glob("*.svg"))]


def render_and_tell() -> None:
    pictures = render(PICTURES)
    for picture in pictures:
        say(f"{picture.stem:<14}{picture.stat().st_size / 1024:>6.1f} KB")
    say(f"\n{len(pictures)} pictures are in {PICTURES.relative_to(ROOT)}.")


def _webp(source: Path) -> bytes:
    png = resvg_py.svg_to_bytes(
        svg_string=source.read_text(encoding="utf-8"),
        width=SIZE_PIXELS,
        height=SIZE_PIXELS,
        # The pictures have no text; looking for fonts would only take time.
        skip_system_fonts=True,
    )
    webp = io.BytesIO()
    # Flat colours: lossless is both sharper and smaller than any lossy quality worth showing.
    Image.open(io.BytesIO(png)).save(webp, "WEBP", lossless=True, quality=100, method=4)
    return webp.getvalue()


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
