"""Pages of a PDF as pictures."""

import io
import subprocess

from PIL import Image


def page_picture(pdf: bytes, dpi: int, page: int = 1) -> Image.Image:
    """Return one page as poppler draws it, in grey."""
    command = ["pdftoppm", "-r", str(dpi), "-f", str(page), "-l", str(page), "-gray", "-png", "-"]
    drawn = subprocess.run(command, input=pdf, capture_output=True, check=True)
    return Image.open(io.BytesIO(drawn.stdout))
