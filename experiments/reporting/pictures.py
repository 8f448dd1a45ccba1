"""Pictures inside the page: figures as they are, and thumbnails of them."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from .naming import panel

THUMBNAIL = (224, 160)  # twice what the page shows, for dense screens
COLOURS = 64  # lines on white need no more, and the file is a third


class Picture(NamedTuple):
    """One picture.

    Attributes:
        source: its data, for ``src``.
        caption: what it shows.
        width: in its own pixels, so that the page does not move while it is read.
        height: likewise.
    """

    source: str
    caption: str
    width: int
    height: int


def pictures(files: Sequence[Path], name: str, title: str) -> list[Picture]:
    """Every PNG of a figure.

    Args:
        files: what was drawn.
        name: of the entry in the catalogue.
        title: the entry's, for a picture that does not say what it shows.
    """
    found = []
    for file in _drawn(files):
        data = file.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            found.append(Picture(_source(data), panel(file, name, _shown(image) or title), *image.size))
    return found


def thumbnail(files: Sequence[Path], name: str, title: str) -> Picture | None:
    """The first PNG of a figure, scaled down; None where there is none.

    Args:
        files: what was drawn.
        name: of the entry in the catalogue.
        title: the entry's.
    """
    first = next(iter(_drawn(files)), None)
    if first is None:
        return None
    with Image.open(first) as image:
        drawn, shown = image.convert("RGBA"), _shown(image)
    small = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")
    small.thumbnail(THUMBNAIL)
    data = io.BytesIO()
    small.quantize(COLOURS).save(data, "PNG", optimize=True)
    return Picture(_source(data.getvalue()), panel(first, name, shown or title), *small.size)


def _shown(image: Image.Image) -> str:
    """What a picture says of itself."""
    return str(image.info.get("Description", ""))


def _drawn(files: Sequence[Path]) -> list[Path]:
    return [file for file in files if file.suffix == ".png"]


def _source(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"
