"""Photos of every kind that is opened, and damage done to them by dice.

They are small, so that many can be tried; PNGs are damaged inside their packing too, where the checks of sums do not
keep the damage from what draws the pixels.
"""

import io
import random
import zlib
from collections.abc import Iterator
from functools import cache

from PIL import Image, ImageChops, PngImagePlugin

from tests.photos.drawn import CODES, jpeg, label, png
from tests.photos.pieces import chunk

PNG = b"\x89PNG\r\n\x1a\n"
SIZE = (160, 120)
WHOLE = CODES[14]
"""The code on the photo that must still be read after any damaged one."""
ANSWERS = {"read", "photo-unreadable", "photo-kind-not-accepted", "photo-too-large", "photo-took-too-long"}
"""All that may come of a damaged photo."""


@cache
def sources() -> tuple[bytes, ...]:
    """Return the photos to damage, the one that is to stay whole first: each goes to a decoder of its own."""
    page = label(WHOLE, size=SIZE, module_px=2)
    colour = page.convert("RGB")
    clear = colour.copy()
    clear.putalpha(ImageChops.invert(page))
    details = Image.Exif()
    details[0x112] = 6
    details.get_ifd(0x8769)[0x9003] = "2026:02:03 04:05:06"
    details.get_ifd(0x8825)[1] = "N"
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "A pump, seen from the left. " * 20, zip=True)
    words.add_itxt("Title", "Pumpe", "de", "Titel", zip=True)
    return (
        png(page),
        jpeg(page),
        jpeg(label(CODES[17], size=SIZE, module_px=2), quality=40),
        jpeg(page, quality=10, exif=details),
        _saved(colour, "JPEG", progressive=True, exif=details, icc_profile=b"PROFILE" * 40),
        _saved(colour.convert("CMYK"), "JPEG", subsampling=0),
        _saved(colour, "JPEG", subsampling=2, restart_marker_blocks=4, comment=b"A pump"),
        _saved(colour, "JPEG", subsampling=1, optimize=True, xmp=b"<x:xmpmeta/>"),
        _saved(page, "JPEG", progressive=True, restart_marker_rows=1),
        _saved(colour, "JPEG", keep_rgb=True),
        _saved(colour, "MPO", save_all=True, append_images=[colour]),
        _saved(colour.convert("P"), "PNG", pnginfo=words, transparency=1, exif=details),
        _saved(clear, "PNG", icc_profile=b"PROFILE" * 40),
        _saved(page.convert("I;16"), "PNG"),
        _saved(page.convert("1"), "PNG", save_all=True, append_images=[page.rotate(90).convert("1")]),
        _saved(colour, "WEBP", quality=60, exif=details),
        _saved(clear, "WEBP", quality=60, xmp=b"<x:xmpmeta/>"),
        _saved(clear, "WEBP", lossless=True, icc_profile=b"PROFILE" * 40),
        _saved(colour, "WEBP", save_all=True, append_images=[colour.rotate(90)]),
    )


def mutated(upload: bytes, dice: random.Random) -> bytes:
    """Return the photo with some bytes changed, a piece cut out, doubled or filled, or its head swapped."""
    if not upload.startswith(PNG):
        return _changed(upload, dice)
    depth = dice.choice(("file", "chunks", "pixels", "pixels"))
    if depth == "file":
        return _changed(upload, dice)
    if depth == "chunks":
        return PNG + b"".join(chunk(name, body) for name, body in _chunks(_changed(upload, dice)))
    packed = b"".join(body for name, body in _chunks(upload) if name == b"IDAT")
    pixels = chunk(b"IDAT", zlib.compress(_changed(zlib.decompress(packed), dice)))
    rest = [(name, chunk(name, body)) for name, body in _chunks(upload) if name != b"IDAT"]
    return PNG + b"".join(pixels + one if name == b"IEND" else one for name, one in rest)


def _changed(upload: bytes, dice: random.Random) -> bytes:
    """Two of three files keep each byte in its place: those come past the headers, and furthest into the decoders."""
    body = bytearray(upload)
    changes = dice.choice((("flip",), ("flip", "fill"), ("flip", "flip", "cut", "double", "fill", "header")))
    for _ in range(dice.randint(1, dice.randint(1, 12))):
        at, length = dice.randrange(len(body)), dice.randint(1, dice.choice((4, 40, 400)))
        change = dice.choice(changes)
        if change == "flip":
            body[at] = dice.randrange(256)
        elif change == "cut" and len(body) > 2 * length:
            del body[at : at + length]
        elif change == "double":
            body[at:at] = body[at : at + length]
        elif change == "fill":
            body[at : at + length] = bytes([dice.choice((0, 255))]) * length
        else:
            place = dice.randrange(4, 200)
            body[place : place + 2] = dice.randbytes(2)
    return bytes(body)


def _chunks(upload: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names and bodies of a PNG's chunks as far as they go, whatever their sums say."""
    at = len(PNG)
    while at + 8 <= len(upload):
        length = int.from_bytes(upload[at : at + 4], "big")
        yield upload[at + 4 : at + 8], upload[at + 8 : at + 8 + length]
        at += 12 + length


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    into = io.BytesIO()
    picture.save(into, kind, **options)
    return into.getvalue()
