"""Whose paper it is, from settings: name, address, a colour that prints in grey, and a logo that does no harm."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from reportlab.lib.utils import ImageReader

from printing.style import FIELDSTONE, LOGO_HEIGHT, LOGO_WIDTH, Brand

LOGO_BYTES_MAX = 2 * 1024 * 1024
LOGO_PIXELS_MAX = 16_000_000
LOGO_DPI = 200
LINES_MAX = 3
CONTRAST_MIN = 4.5
"""Text in a lighter colour is hard to read on white paper, and harder from a grey printer. Source: WCAG 2, AA."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class BrandRefused(ValueError):
    """This logo or colour cannot stand on our papers."""


def read_brand(name: str = "", lines: Sequence[str] = (), colour: str = "", logo: Path | None = None) -> Brand:
    """Return the brand of these settings; what is empty is as it comes with the product.

    ``colour`` is written as #123d54. ``logo`` is a PNG or JPEG; it is decoded here, once, and put on white: what else
    its file carries stays out of our papers. Raises: BrandRefused.
    """
    if len(lines) > LINES_MAX:
        raise BrandRefused(f"At most {LINES_MAX} lines of address and contact.")
    return Brand(
        name=name or FIELDSTONE.name,
        lines=tuple(lines),
        colour=_dark(colour) if colour else FIELDSTONE.colour,
        logo=None if logo is None else _decoded(logo),
    )


def _dark(colour: str) -> tuple[float, float, float]:
    if not _COLOUR.fullmatch(colour):
        raise BrandRefused(f"{colour[:20]!r} is no colour: write it as #123d54.")
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    brightness = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    if 1.05 / (brightness + 0.05) < CONTRAST_MIN:
        raise BrandRefused(f"{colour} is too light to be read on paper; choose a darker colour.")
    return red, green, blue


def _decoded(logo: Path) -> ImageReader:
    """Return the pixels of a logo, as large as they can be printed."""
    try:
        with logo.open("rb") as file:
            content = file.read(LOGO_BYTES_MAX + 1)
        if len(content) > LOGO_BYTES_MAX:
            raise BrandRefused(f"{logo.name} is larger than {LOGO_BYTES_MAX} bytes.")
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > LOGO_PIXELS_MAX:
                raise BrandRefused(f"{logo.name} has more than {LOGO_PIXELS_MAX} pixels.")
            picture.thumbnail((int(LOGO_WIDTH * LOGO_DPI / 72), int(LOGO_HEIGHT * LOGO_DPI / 72)))
            seen = picture.convert("RGBA")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        if isinstance(error, BrandRefused):
            raise
        raise BrandRefused(f"{logo.name} is no PNG or JPEG that can be read: {error}") from error
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return ImageReader(paper)
