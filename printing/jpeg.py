"""Photos on paper: the picture of a JPEG and nothing else that its file carries."""

import io
from dataclasses import dataclass

from reportlab.lib.utils import ImageReader

PIXELS_MAX = 60_000_000
_FRAMES = {0xC0, 0xC1, 0xC2}
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_BARE = {0x01, *range(0xD0, 0xD8)}
_START_OF_SCAN, _END = 0xDA, 0xD9


class NotAJpeg(ValueError):
    """These bytes are not a JPEG picture that can be printed."""


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG without metadata, with its size in pixels."""

    data: bytes
    width: int
    height: int

    def reader(self) -> ImageReader:
        """Return what a reportlab canvas draws."""
        return _Untouched(self.data)


def plain(data: bytes) -> Jpeg:
    """Strip metadata and anything behind the picture, without decoding it.

    reportlab embeds a JPEG unchanged: its EXIF, the position in it and its thumbnail would be printed along.
    Raises: NotAJpeg.
    """
    if data[:2] != b"\xff\xd8":
        raise NotAJpeg("no JPEG start")
    kept, at, size = [b"\xff\xd8"], 2, None
    while (marker := _marker(data, at)) != _END:
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker in _OTHER_FRAMES or not at + 4 <= end <= len(data):
                raise NotAJpeg(f"a segment at byte {at} that cannot be printed")
            if marker in _FRAMES:
                size = _size(data[at:end])
            if marker == _START_OF_SCAN:
                end = _end_of_scan(data, end)
            if _belongs_to_the_picture(marker, data[at:end]):
                kept.append(data[at:end])
            at = end
    if size is None:
        raise NotAJpeg("no picture in it")
    return Jpeg(b"".join((*kept, b"\xff\xd9")), *size)


def _marker(data: bytes, at: int) -> int:
    if at + 1 >= len(data) or data[at] != 0xFF:
        raise NotAJpeg(f"no marker at byte {at}")
    return data[at + 1]


def _belongs_to_the_picture(marker: int, segment: bytes) -> bool:
    """Decide whether to keep a segment: application data and comments go, but Adobe's colour transform stays."""
    if marker == 0xEE:
        return len(segment) == 16 and segment[4:9] == b"Adobe"
    return not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def _size(frame: bytes) -> tuple[int, int]:
    if len(frame) < 10:
        raise NotAJpeg("frame is cut off")
    height, width = int.from_bytes(frame[5:7], "big"), int.from_bytes(frame[7:9], "big")
    if not 0 < width * height <= PIXELS_MAX or frame[4] != 8 or frame[9] not in (1, 3, 4):
        raise NotAJpeg(f"{width} x {height} pixels, {frame[9]} colours")
    return width, height


def _end_of_scan(data: bytes, at: int) -> int:
    """Find the marker after entropy-coded data, where FF is followed by 00 or a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotAJpeg("picture is cut off")
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at


class _Untouched(ImageReader):  # type: ignore[misc]
    """Hands reportlab the JPEG as it is; reportlab's own reader would decode every pixel only to name the image."""

    _dataA = None  # noqa: N815

    def __init__(self, data: bytes) -> None:
        self._jpeg = data

    def getRGBData(self) -> bytes:  # noqa: N802
        return self._jpeg

    def jpeg_fh(self) -> io.BytesIO:
        return io.BytesIO(self._jpeg)
