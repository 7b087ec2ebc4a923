"""The feeling cards' pictures: drawn as SVG in images/emotions, shown by the app as WebP.

The sources are what people change and review, so the WebP files are made from them whenever they are
needed, and never committed. The same sources give the same bytes: no font, clock or setting of the machine
takes part.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import boto3
import resvg_py
from PIL import Image

from .migrate import region
from .place import PICTURES, ROOT
from .terminal import say

SOURCES = ROOT / "images" / "emotions"
SIZE_PIXELS = 512


def render(folder: Path) -> list[Path]:
    """Writes one {name}.webp for each {name}.svg into the folder, and returns their paths in order of name."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{source.stem}.webp", _webp(source)) for source in sorted(SOURCES.glob("*.svg"))]


def upload(s3, bucket: str) -> int:
    """Puts them where the cards' pictures are looked for, and returns how many there are."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = render(Path(folder))
        for picture in pictures:
            s3.put_object(
                Bucket=bucket,
                Key=f"images/emotions/{picture.name}",
                Body=picture.read_bytes(),
                ContentType="image/webp",
                CacheControl="public, max-age=86400",
            )
    return len(pictures)


def upload_on_aws(stack: str) -> None:
    """With the credentials and the region of the person who deploys."""
    outputs = boto3.client("cloudformation", region_name=region()).describe_stacks(StackName=stack)
    [bucket] = [
        o["OutputValue"] for o in outputs["Stacks"][0]["Outputs"] if o["OutputKey"] == "MediaBucketName"
    ]
    count = upload(boto3.client("s3", region_name=region()), bucket)
    say(f"{count} pictures of the feeling cards are in {bucket}.")


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
