"""The two decoding engines, brought to one shape: what each sees in one grey picture."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import zxingcpp
from PIL import Image

from mobile_sync.photos.rule import Box, Engine, Kind

ZXING_FORMATS = (
    zxingcpp.BarcodeFormat.QRCodeModel1,
    zxingcpp.BarcodeFormat.QRCodeModel2,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.Code93,
    zxingcpp.BarcodeFormat.ITF,
    zxingcpp.BarcodeFormat.EANUPC,
)
FORMATS = zxingcpp.BarcodeFormats(ZXING_FORMATS)
ZXING_KINDS: dict[str, Kind] = {
    "QRCode": "QR Code",
    "DataMatrix": "Data Matrix",
    "Code128": "Code 128",
    "Code39": "Code 39",
    "Code93": "Code 93",
    "ITF": "ITF",
    "EAN13": "EAN-13",
    "EAN8": "EAN-8",
    "UPCA": "UPC-A",
    "UPCE": "UPC-E",
}
# DataBar is left out on purpose: libzbar writes assertion messages for it.
ZBAR_KINDS: dict[str, Kind] = {
    "QRCODE": "QR Code",
    "CODE128": "Code 128",
    "CODE39": "Code 39",
    "CODE93": "Code 93",
    "I25": "ITF",
    "EAN13": "EAN-13",
    "EAN8": "EAN-8",
    "UPCA": "UPC-A",
    "UPCE": "UPC-E",
}
# libzbar does not tell whether a Code 128 or QR code began with FNC1, so those stay without an identifier.
ZBAR_SYMBOLOGY: dict[Kind, str] = {"ITF": "]I0", "EAN-13": "]E0", "UPC-A": "]E0", "UPC-E": "]E0", "EAN-8": "]E4"}


class Seen(NamedTuple):
    """One text in one picture; ``box`` in that picture's pixels."""

    kind: Kind
    text: str
    symbology: str
    box: Box


See = Callable[[Image.Image], list[Seen]]


def load() -> dict[Engine, See]:
    """Return the engines this machine has; libzbar may be missing, zxing-cpp never is."""
    try:
        from pyzbar import pyzbar
    except ImportError:
        return {"zxing": see_with_zxing}
    symbols = [pyzbar.ZBarSymbol[name] for name in ZBAR_KINDS]

    def see_with_zbar(picture: Image.Image) -> list[Seen]:
        return [_from_zbar(found) for found in pyzbar.decode(picture, symbols=symbols)]

    return {"zxing": see_with_zxing, "zbar": see_with_zbar}


def see_with_zxing(picture: Image.Image) -> list[Seen]:
    """Return what zxing-cpp reads; plain text mode, because the default one drops GS separators."""
    found = zxingcpp.read_barcodes(picture, formats=FORMATS, text_mode=zxingcpp.TextMode.Plain)
    return [_from_zxing(barcode) for barcode in found]


def _from_zxing(barcode: zxingcpp.Barcode) -> Seen:
    kind = ZXING_KINDS.get(barcode.format.name) or ZXING_KINDS[barcode.symbology.name]
    at = barcode.position
    corners = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
    a, b, c, d = ((corner.x, corner.y) for corner in corners)
    return Seen(*_retail(kind, barcode.text), barcode.symbology_identifier, (a, b, c, d))


def _from_zbar(found: Any) -> Seen:
    kind, text = _retail(ZBAR_KINDS[found.type], found.data.decode("utf-8", "replace"))
    return Seen(kind, text, ZBAR_SYMBOLOGY.get(kind, ""), smallest_box([(p.x, p.y) for p in found.polygon]))


def _retail(kind: Kind, text: str) -> tuple[Kind, str]:
    """Give retail codes one form: zxing-cpp tells every UPC as 13 digits, libzbar UPC-E as its 8 printed ones."""
    if kind == "UPC-E":
        return kind, text[-12:] if len(text) > 8 else upc_a(text)
    if kind in ("EAN-13", "UPC-A") and len(text) >= 12 and text[:-12].strip("0") == "":
        return "UPC-A", text[-12:]
    return kind, text


def upc_a(upc_e: str) -> str:
    """Return the 12 digits that an 8-digit UPC-E stands for (GS1 General Specifications 5.2.2.4)."""
    system, d, last, check = upc_e[0], upc_e[1:6], upc_e[6], upc_e[7]
    if last in "012":
        body = d[:2] + last + "0000" + d[2:5]
    elif last == "3":
        body = d[:3] + "00000" + d[3:5]
    elif last == "4":
        body = d[:4] + "00000" + d[4]
    else:
        body = d + "0000" + last
    return system + body + check


def smallest_box(hull: list[tuple[int, int]]) -> Box:
    """Return the smallest rectangle, at any angle, around a convex outline."""
    best: tuple[float, Box] | None = None
    for (ax, ay), (bx, by) in zip(hull, hull[1:] + hull[:1], strict=True):
        angle = math.atan2(by - ay, bx - ax)
        cos, sin = math.cos(angle), math.sin(angle)
        along = [x * cos + y * sin for x, y in hull]
        across = [y * cos - x * sin for x, y in hull]
        left, right, top, bottom = min(along), max(along), min(across), max(across)
        area = (right - left) * (bottom - top)
        if best is None or area < best[0]:
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            a, b, c, d = ((round(s * cos - t * sin), round(s * sin + t * cos)) for s, t in corners)
            best = area, (a, b, c, d)
    return best[1] if best else ((0, 0), (0, 0), (0, 0), (0, 0))
