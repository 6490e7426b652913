"""Codes and labels that the product draws itself, for clones that have no photographs; plain functions."""

import io
import random
from typing import NamedTuple

import zxingcpp
from PIL import Image, ImageChops, ImageDraw, ImageFilter

PAPER = 255


class Code(NamedTuple):
    """What to draw, and the text that must be read."""

    format: str
    content: str
    text: str
    symbology_name: str


CODES = [
    Code("Code128", "SN-2024-00017", "SN-2024-00017", "Code 128"),
    Code("Code128", "FW727", "FW727", "Code 128"),
    Code("Code128", "00012345678901234567", "00012345678901234567", "Code 128"),
    Code("Code128", "abc/DEF.9", "abc/DEF.9", "Code 128"),
    Code("Code39", "HP-4711-A", "HP-4711-A", "Code 39"),
    Code("Code39", "001EC9476B0A", "001EC9476B0A", "Code 39"),
    Code("Code93", "PUMP 9912", "PUMP 9912", "Code 93"),
    Code("ITF", "0829220874", "0829220874", "ITF"),
    Code("ITF", "15400141288763", "15400141288763", "ITF"),
    Code("EAN13", "4006381333931", "4006381333931", "EAN-13"),
    Code("EAN13", "9780804816632", "9780804816632", "EAN-13"),
    Code("EAN8", "96385074", "96385074", "EAN-8"),
    Code("UPCA", "036000291452", "036000291452", "UPC-A"),
    Code("UPCE", "01234565", "012345000065", "UPC-E"),
    Code("QRCode", "https://example.com/u/7F3K2", "https://example.com/u/7F3K2", "QR Code"),
    Code("QRCode", "S/N", "S/N", "QR Code"),
    Code("QRCode", "序列号 A-17", "序列号 A-17", "QR Code"),
    Code("DataMatrix", "[)>\x1e06\x1d1PX100\x1dS4711\x1e\x04", "[)>\x1e06\x1d1PX100\x1dS4711\x1e\x04", "Data Matrix"),
    Code("DataMatrix", "c++", "c++", "Data Matrix"),
    Code("DataMatrix", "0104006381333931" + "21AB-17\x1d10L5", "0104006381333931" + "21AB-17\x1d10L5", "Data Matrix"),
    Code("Code128", "ORDER 55 LINE 3", "ORDER 55 LINE 3", "Code 128"),
]


def symbol(code: Code, module_px: int = 3) -> Image.Image:
    """Return the bare symbol with its quiet zone."""
    barcode = zxingcpp.create_barcode(code.content, zxingcpp.barcode_format_from_str(code.format))
    drawn = memoryview(zxingcpp.write_barcode_to_image(barcode, scale=module_px))
    height, width = drawn.shape
    return Image.frombytes("L", (width, height), drawn.tobytes())


def label(*codes: Code, size: tuple[int, int] = (900, 600), module_px: int = 3) -> Image.Image:
    """Return a label with the symbols one below the other and their text beneath each."""
    sheet = Image.new("L", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((4, 4, size[0] - 5, size[1] - 5), outline=90, width=3)
    top = 40
    for code in codes:
        drawn = symbol(code, module_px)
        sheet.paste(drawn, ((size[0] - drawn.width) // 2, top))
        pen.text((60, top + drawn.height + 4), code.text.encode("ascii", "replace").decode(), fill=40)
        top += drawn.height + 40
    return sheet


def photographed(
    picture: Image.Image, *, turn: float = 0.0, blur: float = 0.0, noise: float = 0.0, contrast: float = 1.0
) -> Image.Image:
    """Return the picture as a careless hand would take it: turned, out of focus, grainy, pale."""
    taken = picture.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=200)
    if blur:
        taken = taken.filter(ImageFilter.GaussianBlur(blur))
    if contrast != 1.0:
        taken = taken.point([round(128 + (shade - 128) * contrast) for shade in range(256)])
    if noise:
        dice = random.Random(7)
        grain = Image.frombytes(
            "L",
            taken.size,
            bytes(min(255, max(0, round(dice.gauss(128, noise)))) for _ in range(taken.width * taken.height)),
        )
        taken = ImageChops.add(taken, grain, 1, -128)
    return taken


def jpeg(picture: Image.Image, quality: int = 85, exif: Image.Exif | None = None) -> bytes:
    """Return the picture as JPEG."""
    into = io.BytesIO()
    picture.save(into, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return into.getvalue()


def png(picture: Image.Image) -> bytes:
    """Return the picture as PNG."""
    into = io.BytesIO()
    picture.save(into, "PNG")
    return into.getvalue()
