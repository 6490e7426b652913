"""Opening an uploaded picture safely, and making the copy that is kept.

Size and kind are read from the header before any pixel is loaded; the kept copy is drawn afresh from the pixels,
so nothing else of the upload (EXIF, position, appended bytes) survives in it.
"""

import datetime as dt
import io
import math
import warnings

from msgspec import Struct
from PIL import ExifTags, Image

from domain.kit.limits import photo_bytes_max
from domain.worklog.print_bits import Print
from mobile_sync.photos.prints import prints_of
from mobile_sync.photos.problems import PhotoKindNotAccepted, PhotoTooLarge, PhotoUnreadable

PAPER = "white"

pixels_max = 50_000_000
webp_pixels_max = 30_000_000
"""Its decoder holds the picture four times over; where memory ends it says that the picture is damaged."""
jpeg_quality = 85


class Reencoded(Struct, frozen=True):
    """The copy of a photo that is kept: an upright JPEG without metadata.

    ``taken_at`` is the camera's own clock, without a zone where the camera recorded none.
    """

    jpeg: bytes
    width: int
    height: int
    taken_at: dt.datetime | None
    prints: tuple[Print, ...] = ()


def kind_of(upload: bytes) -> str:
    """Return Pillow's name of an upload's kind, judged by its length and first bytes alone.

    Raises: PhotoKindNotAccepted, PhotoTooLarge.
    """
    if len(upload) > photo_bytes_max:
        raise PhotoTooLarge("The photo has more than 25 MB.", bytes=len(upload), bytes_max=photo_bytes_max)
    if upload.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if upload.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if upload[:4] == b"RIFF" and upload[8:12] == b"WEBP":
        return "WEBP"
    raise PhotoKindNotAccepted("The file is not a JPEG, PNG or WebP picture.")


def open_picture(upload: bytes) -> Image.Image:
    """Open an upload without loading its pixels; only the first frame of an animation is ever looked at.

    Raises: PhotoKindNotAccepted, PhotoTooLarge, PhotoUnreadable.
    """
    kind = kind_of(upload)
    try:
        with warnings.catch_warnings(action="ignore"):
            picture = Image.open(io.BytesIO(upload), formats=[kind])
    except MemoryError:
        raise
    except Image.DecompressionBombError as flaw:
        raise _too_large(kind) from flaw
    except Exception as flaw:  # a damaged header makes Pillow raise nearly anything
        raise PhotoUnreadable("The picture cannot be opened.") from flaw
    pixels = picture.width * picture.height
    if pixels > _most(kind):
        raise _too_large(kind, pixels=pixels)
    return picture


def _most(kind: str) -> int:
    return webp_pixels_max if kind == "WEBP" else pixels_max


def _too_large(kind: str, **seen: int) -> PhotoTooLarge:
    most = _most(kind)
    return PhotoTooLarge(f"The photo has more than {most // 1_000_000} megapixels.", **seen, pixels_max=most)


def grey(picture: Image.Image, pixels_enough: int) -> Image.Image:
    """Load a picture as upright shades of grey, on white where it is transparent.

    A JPEG may arrive at half, a quarter or an eighth of its size, but with no fewer than ``pixels_enough``.

    Raises: PhotoUnreadable where the picture is damaged or cut short.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            enough = math.sqrt(pixels_enough / (picture.width * picture.height))
            picture.draft("L", (math.ceil(picture.width * min(enough, 1)), math.ceil(picture.height * min(enough, 1))))
            picture.load()
            flat = _on_paper(picture, "L")
            return _upright(flat, picture)
    except MemoryError:
        raise
    except Exception as flaw:  # decoders raise OSError, SyntaxError, ValueError, struct.error, IndexError, ...
        raise PhotoUnreadable("The picture is damaged or cut short.") from flaw


def reencode(upload: bytes, longest_edge_px: int) -> Reencoded:
    """Return the copy of a photo that is kept, made no larger than ``longest_edge_px`` and never enlarged.

    Raises: PhotoKindNotAccepted, PhotoTooLarge, PhotoUnreadable.
    """
    picture = open_picture(upload)
    edge = (longest_edge_px, longest_edge_px)
    try:
        with warnings.catch_warnings(action="ignore"):
            picture.draft("RGB", edge)  # a JPEG decoder can shrink by 2, 4 or 8 while it reads
            picture.load()
            flat = _on_paper(picture, "RGB")
            flat.thumbnail(edge, Image.Resampling.LANCZOS)
            upright = _upright(flat, picture)
            upright.info.clear()
            into = io.BytesIO()
            upright.save(into, "JPEG", quality=jpeg_quality, optimize=True)
            return Reencoded(into.getvalue(), upright.width, upright.height, _taken_at(picture), prints_of(upright))
    except MemoryError:
        raise
    except Exception as flaw:
        raise PhotoUnreadable("The picture is damaged or cut short.") from flaw


def _on_paper(picture: Image.Image, mode: str) -> Image.Image:
    if not picture.has_transparency_data:
        return picture if picture.mode == mode else picture.convert(mode)
    if picture.mode not in ("RGBA", "LA"):
        picture = picture.convert("RGBA")
    sheet = Image.new(mode, picture.size, PAPER)
    sheet.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return sheet


def _upright(flat: Image.Image, picture: Image.Image) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(_exif(picture).get(ExifTags.Base.Orientation, 1))
    return flat.transpose(turn) if turn is not None else flat


def _exif(picture: Image.Image) -> Image.Exif:
    try:
        return picture.getexif()
    except Exception:  # a picture with broken EXIF is still a picture
        return Image.Exif()


def _taken_at(picture: Image.Image) -> dt.datetime | None:
    try:
        details = _exif(picture).get_ifd(ExifTags.IFD.Exif)
        taken = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip("\0 ")
        offset = str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
        moment = dt.datetime.fromisoformat(taken.replace(":", "-", 2) + offset)
    except Exception:  # no clock, a clock never set, or broken EXIF
        return None
    return moment if 1990 <= moment.year < 2100 else None
