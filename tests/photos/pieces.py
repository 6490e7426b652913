"""What picture files are made of, by hand: pieces that no library would write, for files that no camera makes."""

import zlib

MILLION = 1_000_000


def chunk(name: bytes, body: bytes = b"") -> bytes:
    """Return a chunk of a PNG, its sum right."""
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def png_of(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, interlaced: bool = False) -> bytes:
    """Return a PNG whose header says so, and whose other chunks are these."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, colour, 0, 0, interlaced])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IEND")


def zeros(count: int) -> bytes:
    """Return a whole zlib stream that unpacks to at least so many zeros: one packed million again and again."""
    pack = zlib.compressobj(9)
    head = pack.flush(zlib.Z_FULL_FLUSH)
    million = pack.compress(bytes(MILLION)) + pack.flush(zlib.Z_FULL_FLUSH)
    millions = -(-count // MILLION)
    adler = (millions * MILLION % 65_521) << 16 | 1
    return head + million * millions + b"\x03\x00" + adler.to_bytes(4, "big")


def segment(marker: int, body: bytes = b"") -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def jpeg_of(
    width: int, height: int, *scans: bytes, frame: int = 0xC2, components: int = 1, sampling: int = 0x11
) -> bytes:
    """Return a JPEG of these scans; its tables know one code only, a single 0, which says "nothing more here"."""
    parts = b"".join(bytes([1 + n, 0x11 if n else sampling, 0]) for n in range(components))
    head = bytes([8]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([components]) + parts
    one_code = bytes([1]) + bytes(15)
    nothing_more = 0xE0 if frame == 0xC2 else 0  # in a progressive scan it speaks for 16,384 blocks or more
    tables = segment(0xDB, bytes([0]) + bytes([1]) * 64)
    tables += segment(0xC4, b"\x00" + one_code + b"\x00") + segment(0xC4, b"\x10" + one_code + bytes([nothing_more]))
    return b"\xff\xd8" + tables + segment(frame, head) + b"".join(scans) + b"\xff\xd9"


def scan(first: int, last: int, data_bytes: int, *, components: int = 1) -> bytes:
    """Return a scan of nothing but zeros for the coefficients from the first to the last."""
    parts = b"".join(bytes([1 + n, 0]) for n in range(components))
    return segment(0xDA, bytes([components]) + parts + bytes([first, last, 0])) + bytes(data_bytes)


def part(name: bytes, body: bytes = b"") -> bytes:
    """Return a chunk of a WebP file."""
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def webp_of(*parts: bytes) -> bytes:
    """Return a WebP file of these chunks."""
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def one_colour(width: int, height: int) -> bytes:
    """Return a WebP chunk of one colour all over: its five codes have one symbol each, so that no pixel takes a bit."""
    bits = (width - 1) | (height - 1) << 14 | 1 << 28
    for code in range(5):
        bits |= 1 << 32 + 3 + 4 * code  # after three bits: no transform, no cache, no groups
    return part(b"VP8L", b"\x2f" + bits.to_bytes(8, "little"))


def canvas(width: int, height: int, flags: int) -> bytes:
    """Return the WebP chunk that tells the size of the whole and what else is in the file."""
    edges = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return part(b"VP8X", bytes([flags, 0, 0, 0]) + edges)


def animated(width: int, height: int, frames: int, frame: tuple[int, int] = (1, 1)) -> bytes:
    """Return a WebP of so many frames on one canvas."""
    edges = b"".join((edge - 1).to_bytes(3, "little") for edge in frame)
    one = part(b"ANMF", bytes(6) + edges + bytes([1, 0, 0, 0]) + one_colour(*frame))
    return webp_of(canvas(width, height, 0x12), part(b"ANIM", bytes(6)), one * frames)


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """Return a TIFF directory, as EXIF and MPO have one, of tag, type, count and value; the next one is itself."""
    body = b"".join(
        tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + count.to_bytes(4, "big") + value.to_bytes(4, "big")
        for tag, kind, count, value in entries
    )
    return b"MM\0*\0\0\0\x08" + len(entries).to_bytes(2, "big") + body + (8).to_bytes(4, "big")


def exif(details: bytes) -> bytes:
    """Return the segment of a JPEG that holds a camera's details."""
    return segment(0xE1, b"Exif\0\0" + details)
