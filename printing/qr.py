"""QR codes as shapes: for paper (vector), for a page (SVG) and for a screen (PNG)."""

import io
import re
from functools import lru_cache
from typing import Any

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from reportlab.pdfgen.pathobject import PDFPathObject

QUIET = 4
"""Blank modules around a code; scanners need them."""
SEALED_MASK = 3
"""The bits of a sealed token are as good as random under any mask; weighing all eight takes a third of a report."""
_SEALED = re.compile(r"HTTPS?://[A-Z0-9.:-]+/V/[A-Z2-7]{200,220}")


class TooLong(ValueError):
    """This text does not fit into a QR code."""


@lru_cache(maxsize=64)
def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the dark modules of a QR code at level M, row by row, without the quiet zone.

    Capitals, digits and ``$%*+-./: `` alone stay in alphanumeric mode, which needs a smaller code.
    Raises: TooLong.
    """
    mask = SEALED_MASK if _SEALED.fullmatch(text) else None
    code: Any = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=1, border=0, mask_pattern=mask)
    code.add_data(text)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise TooLong(f"{len(text)} characters") from error
    return tuple(tuple(row) for row in code.get_matrix())


def strips(text: str) -> list[tuple[int, int, int]]:
    """Return the dark runs of a code as (column, row from the top, length in modules)."""
    runs = []
    for y, row in enumerate(modules(text)):
        start = 0
        for x, dark in enumerate((*row, False)):
            if not dark:
                if x > start:
                    runs.append((start, y, x - start))
                start = x + 1
    return runs


def draw(canvas: Any, text: str, x: float, y: float, size: float) -> None:
    """Draw a code on a reportlab canvas as one filled path; ``size`` is its side in points, quiet zone not included."""
    count = len(modules(text))
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(size / count, size / count)
    # The path in PDF's own words: whole numbers need no formatting.
    path = PDFPathObject([f"n {' '.join(f'{x} {count - row - 1} {length} 1 re' for x, row, length in strips(text))}"])
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def svg(text: str) -> str:
    """Return a code as an SVG image with its quiet zone, to be sized by the page that shows it."""
    side = len(modules(text)) + 2 * QUIET
    path = "".join(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for x, y, length in strips(text))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>'
    )


def picture(text: str, scale: int) -> Image.Image:
    """Return a code with its quiet zone as a grey image, ``scale`` pixels per module."""
    rows = modules(text)
    side = len(rows) + 2 * QUIET
    image = Image.new("L", (side, side), 255)
    for x, y, length in strips(text):
        image.paste(0, (x + QUIET, y + QUIET, x + QUIET + length, y + QUIET + 1))
    return image.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def png(text: str, scale: int = 8) -> bytes:
    """Return a code with its quiet zone as a PNG file, ``scale`` pixels per module."""
    out = io.BytesIO()
    picture(text, scale).convert("1").save(out, "PNG")
    return out.getvalue()
