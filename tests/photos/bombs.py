"""Bombs for whoever opens photos: files that claim, unpack to or ask for very much; all of them made here, in code."""

import zlib
from collections.abc import Callable, Mapping

from PIL import Image

from domain.kit.limits import photo_bytes_max
from tests.photos.drawn import Code, jpeg, png, symbol
from tests.photos.pieces import (
    MILLION,
    animated,
    canvas,
    chunk,
    directory,
    exif,
    jpeg_of,
    one_colour,
    part,
    png_of,
    scan,
    segment,
    webp_of,
    zeros,
)

EDGE = 7_071
"""A square of this edge has just under 50 megapixels, the most that is taken."""
FRAME = chunk(b"IDAT", zlib.compress(bytes(9 * 8)))
DOT = one_colour(8, 8)
PICTURE = jpeg(Image.new("L", (64, 64), 90))
ITSELF = (0x8769, 4, 1, 8)
"""An entry of EXIF that says: more of the camera's details are in this same directory."""


def blank(width: int, height: int, *, depth: int = 8, colour: int = 0, channels: int = 1) -> bytes:
    """Return a PNG that unpacks to so many pixels of nothing."""
    row = 1 + (width * channels * depth + 7) // 8
    return png_of(width, height, chunk(b"IDAT", zeros(row * height)), depth=depth, colour=colour)


def small(*chunks: bytes) -> bytes:
    """Return a PNG of 8 by 8 pixels, told after other chunks."""
    return png_of(8, 8, *chunks, FRAME)


def pictured(*segments: bytes) -> bytes:
    """Return a small JPEG with more segments in front."""
    return PICTURE[:2] + b"".join(segments) + PICTURE[2:]


def crowd(piece: bytes) -> bytes:
    """Return a piece as often as an upload has room for it."""
    return piece * ((photo_bytes_max - 4_096) // len(piece))


def wall(columns: int, rows: int) -> Image.Image:
    """Return a picture of very many small codes, no two the same."""
    tiles = [symbol(Code("QRCode", f"{n:05d}", "", ""), 2) for n in range(columns * rows)]
    width, height = tiles[0].size
    sheet = Image.new("L", (width * columns, height * rows), 255)
    for n, tile in enumerate(tiles):
        sheet.paste(tile, (n % columns * width, n // columns * height))
    return sheet


def corners(columns: int, rows: int) -> Image.Image:
    """Return a picture of nothing but the squares that stand in the corners of QR codes."""
    tile = symbol(Code("QRCode", "S/N", "", ""), 2).crop((6, 6, 24, 24))
    sheet = Image.new("L", (18 * columns, 18 * rows), 255)
    for n in range(columns * rows):
        sheet.paste(tile, (n % columns * 18, n // columns * 18))
    return sheet


def apng(frames: int) -> bytes:
    """Return a PNG of so many small frames."""
    return small(
        chunk(b"acTL", frames.to_bytes(4, "big") + bytes(4)),
        *[
            chunk(b"fcTL", n.to_bytes(4, "big") + bytes([0, 0, 0, 8]) * 2 + bytes(14))
            + chunk(b"fdAT", (n + 1).to_bytes(4, "big") + zlib.compress(bytes(9 * 8)))
            for n in range(0, 2 * frames, 2)
        ],
    )


def mpo(*entries: tuple[int, int, int, int], after: bytes = b"") -> bytes:
    """Return a JPEG that says how many more pictures are behind it."""
    return pictured(segment(0xE2, b"MPF\0" + directory((0xB000, 7, 4, 0x30313030), *entries) + after))


PNG: Mapping[str, Callable[[], bytes]] = {
    "50 megapixels with alpha": lambda: blank(EDGE, EDGE, colour=6, channels=4),
    "50 megapixels, one bit deep": lambda: blank(EDGE, EDGE, depth=1),
    "one pixel high": lambda: blank(50 * MILLION, 1),
    "one pixel wide": lambda: blank(1, 50 * MILLION),
    "a ribbon": lambda: blank(100_000, 16),
    "a ribbon of 50 megapixels": lambda: blank(500_000, 100),
    "interlaced, and 16 bits deep": lambda: png_of(
        EDGE, EDGE, chunk(b"IDAT", zeros(401 * MILLION)), depth=16, colour=6, interlaced=True
    ),
    "2³¹-1 by 2³¹-1": lambda: png_of(2**31 - 1, 2**31 - 1, FRAME),
    "0 by 0": lambda: png_of(0, 0, FRAME),
    "50 megapixels cut short": lambda: png_of(EDGE, EDGE, chunk(b"IDAT", zeros(1)[:40]), colour=6),
    "8 pixels that unpack to 20 GB": lambda: png_of(8, 1, chunk(b"IDAT", zeros(20_000 * MILLION))),
    "a text of 20 GB": lambda: small(chunk(b"zTXt", b"Comment\0\0" + zeros(20_000 * MILLION))),
    "2,000 texts of 1 MB": lambda: small(chunk(b"zTXt", b"Comment\0\0" + zeros(MILLION)) * 2_000),
    "20 texts of 1 GB": lambda: small(chunk(b"iTXt", b"Comment\0\1\0\0\0" + zeros(1_000 * MILLION)) * 20),
    "a colour profile of 20 GB": lambda: small(chunk(b"iCCP", b"ICC\0\0" + zeros(20_000 * MILLION))),
    "EXIF of 24 MB": lambda: small(chunk(b"eXIf", directory(*[ITSELF] * 60_000) + bytes(23 * MILLION))),
    "two million chunks": lambda: small(crowd(chunk(b"tEXt"))),
    "two million pieces": lambda: small(crowd(chunk(b"IDAT"))),
    "2³¹-1 frames": lambda: small(chunk(b"acTL", (2**31 - 1).to_bytes(4, "big") + bytes(4))),
    "200,000 frames": lambda: apng(200_000),
    "thousands of codes": lambda: png(wall(60, 60)),
    "hundreds of codes": lambda: png(wall(27, 18)),
    "thousands of corners of codes": lambda: png(corners(150, 150)),
    "noise": lambda: png(Image.effect_noise((4_000, 3_000), 80)),
}
JPEG: Mapping[str, Callable[[], bytes]] = {
    "65,500 by 65,500": lambda: jpeg_of(65_500, 65_500, scan(0, 0, 10)),
    "50 megapixels cut short": lambda: jpeg_of(EDGE, EDGE, scan(0, 63, 10), frame=0xC0),
    "50 megapixels in four inks": lambda: jpeg_of(
        EDGE, EDGE, scan(0, 63, 800_000, components=4), frame=0xC0, components=4
    ),
    "50 megapixels in 200 scans": lambda: jpeg_of(EDGE, EDGE, scan(0, 0, 98_000), scan(1, 63, 120) * 200),
    "50 megapixels in 100,000 scans": lambda: jpeg_of(EDGE, EDGE, scan(0, 0, 98_000), scan(1, 63, 120) * 100_000),
    "50 megapixels in scans of three colours": lambda: jpeg_of(
        EDGE, EDGE, scan(0, 0, 300_000, components=3), scan(1, 63, 120) * 100, components=3
    ),
    "50 megapixels, coded arithmetically": lambda: jpeg_of(EDGE, EDGE, scan(0, 63, 100_000), frame=0xC9),
    "50 megapixels, lossless": lambda: jpeg_of(EDGE, EDGE, scan(1, 0, 7 * MILLION), frame=0xC3),
    "50 megapixels, sampled 4 by 4": lambda: jpeg_of(
        EDGE, EDGE, scan(0, 63, 900_000, components=3), frame=0xC0, components=3, sampling=0x44
    ),
    "a ribbon": lambda: jpeg(Image.new("L", (65_500, 24), 90)),
    "a ribbon of 50 megapixels": lambda: jpeg(Image.new("L", (65_500, 763), 90)),
    "no height": lambda: jpeg_of(EDGE, 0, scan(0, 0, 100_000)),
    "six million segments": lambda: pictured(crowd(segment(0xED))),
    "comments of 25 MB": lambda: pictured(crowd(segment(0xFE, bytes(65_533)))),
    "a colour profile of 25 MB": lambda: pictured(crowd(segment(0xE2, b"ICC_PROFILE\0\1\xff" + bytes(65_519)))),
    "EXIF of 25 MB": lambda: pictured(crowd(exif(directory(ITSELF) + bytes(65_000)))),
    "EXIF of 4 GB, 5,000 times": lambda: pictured(exif(directory(*[(n, 7, 2**32 - 1, 0) for n in range(5_000)]))),
    "EXIF of 5,000 lists of fractions": lambda: pictured(exif(directory(*[(n, 5, 7_500, 8) for n in range(5_000)]))),
    "EXIF inside itself": lambda: pictured(exif(directory((0x112, 3, 1, 6 << 16), ITSELF))),
    "two million blocks of Photoshop": lambda: pictured(
        crowd(segment(0xED, b"Photoshop 3.0\0" + (b"8BIM" + bytes(8)) * 5_000))
    ),
    "4 billion more pictures": lambda: mpo((0xB001, 4, 1, 2**32 - 1), (0xB002, 7, 48, 8)),
    "4,000 more pictures": lambda: mpo((0xB001, 4, 1, 4_000), (0xB002, 7, 64_000, 8), after=bytes(64_000)),
}
WEBP: Mapping[str, Callable[[], bytes]] = {
    "50 megapixels": lambda: webp_of(one_colour(EDGE, EDGE)),
    "20 megapixels": lambda: webp_of(one_colour(5_000, 4_000)),
    "16,383 by 16,383": lambda: webp_of(one_colour(16_383, 16_383)),
    "a ribbon": lambda: webp_of(one_colour(16_383, 16)),
    "100,000 frames on 50 megapixels": lambda: animated(EDGE, EDGE, 100_000),
    "300,000 frames": lambda: animated(8, 8, 300_000),
    "frames of 50 megapixels": lambda: animated(EDGE, EDGE, 1_000, frame=(EDGE, EDGE)),
    "2²⁴ by 2²⁴": lambda: webp_of(canvas(2**24, 2**24, 0), DOT),
    "a colour profile of 24 MB": lambda: webp_of(canvas(8, 8, 0x20), part(b"ICCP", bytes(24 * MILLION)), DOT),
    "EXIF of 24 MB": lambda: webp_of(
        canvas(8, 8, 0x08), DOT, part(b"EXIF", directory(*[ITSELF] * 60_000) + bytes(23 * MILLION))
    ),
    "three million chunks": lambda: webp_of(canvas(8, 8, 0), DOT, crowd(part(b"JUNK"))),
    "cut short": lambda: webp_of(one_colour(EDGE, EDGE))[:26],
}
OTHER: Mapping[str, Callable[[], bytes]] = {
    "GIF of a million frames": lambda: b"GIF89a" + bytes(7) + crowd(b"\x2c" + bytes(8) + b"\x00\x02\x01\x44\x00"),
    "TIFF inside itself": lambda: directory(*[ITSELF] * 60_000),
    "PSD of 300,000 by 300,000": lambda: b"8BPS\0\1" + bytes(6) + b"\0\4" + (300_000).to_bytes(4, "big") * 2,
    "BMP of 2³¹-1 by 2³¹-1": lambda: b"BM" + bytes(12) + b"(\0\0\0" + (2**31 - 1).to_bytes(4, "little") * 2 + bytes(28),
    "ICO of 65,535 pictures": lambda: b"\0\0\1\0\xff\xff" + bytes(16) * 65_535,
    "SVG of entities": lambda: b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>',
    "more than 25 MB": lambda: PICTURE + bytes(photo_bytes_max),
}
BOMBS: Mapping[str, Callable[[], bytes]] = {
    f"{kind}: {name}" if kind else name: make
    for kind, bombs in (("PNG", PNG), ("JPEG", JPEG), ("WebP", WEBP), ("", OTHER))
    for name, make in bombs.items()
}
