"""What is accepted as a picture, and what is left of it in the copy that is kept."""

import datetime as dt
import io

import pytest
from PIL import ExifTags, Image, ImageFile

from mobile_sync.photos.picture import grey, open_picture, reencode
from mobile_sync.photos.problems import PhotoKindNotAccepted, PhotoTooLarge, PhotoUnreadable
from tests.photos.drawn import jpeg, png
from tests.photos.pieces import one_colour, webp_of

FEW = 1_000_000


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    into = io.BytesIO()
    picture.save(into, kind, **options)
    return into.getvalue()


def scene(size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Return a picture that is red at the left and blue at the right."""
    picture = Image.new("RGB", size, (200, 0, 0))
    picture.paste((0, 0, 200), (size[0] // 2, 0, *size))
    return picture


def exif(orientation: int = 1, taken: str = "2026:02:03 04:05:06", offset: str = "") -> Image.Exif:
    details = Image.Exif()
    details[ExifTags.Base.Orientation] = orientation
    details[ExifTags.Base.Model] = "A camera"
    clock = details.get_ifd(ExifTags.IFD.Exif)
    clock[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        clock[ExifTags.Base.OffsetTimeOriginal] = offset
    details.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    return details


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_kinds_are_opened(kind: str) -> None:
    assert open_picture(encoded(scene(), kind)).size == (400, 200)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO", "PDF"])
def test_other_kinds_are_not_accepted(kind: str) -> None:
    with pytest.raises(PhotoKindNotAccepted):
        open_picture(encoded(scene((64, 64)), kind))


def test_a_kind_is_told_by_its_bytes_and_not_mistaken_for_another() -> None:
    with pytest.raises(PhotoUnreadable):
        open_picture(b"\xff\xd8\xff" + encoded(scene(), "PNG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_picture_cut_short_is_unreadable(kind: str, share: float) -> None:
    whole = encoded(Image.effect_noise((300, 300), 80), kind)
    with pytest.raises(PhotoUnreadable):
        grey(open_picture(whole[: int(len(whole) * share)]), FEW)
    with pytest.raises(PhotoUnreadable):
        reencode(whole[: int(len(whole) * share)], 1600)


def test_fifty_megapixels_are_the_limit() -> None:
    assert open_picture(png(Image.new("1", (10_000, 5_000)))).size == (10_000, 5_000)
    with pytest.raises(PhotoTooLarge):
        open_picture(png(Image.new("1", (10_001, 5_000))))


def test_thirty_megapixels_are_the_limit_of_a_webp() -> None:
    assert open_picture(webp_of(one_colour(6_000, 5_000))).size == (6_000, 5_000)
    with pytest.raises(PhotoTooLarge, match="30 megapixels"):
        open_picture(webp_of(one_colour(6_001, 5_000)))


def test_a_header_that_claims_billions_of_pixels_is_too_large() -> None:
    bomb = bytearray(png(Image.new("1", (8, 8))))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    with pytest.raises(PhotoTooLarge):
        open_picture(bytes(bomb))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK", "YCbCr"])
def test_every_mode_of_pixels_becomes_grey(mode: str) -> None:
    source = Image.new("L", (40, 30), 255).convert("I;16") if mode == "I;16" else scene((40, 30)).convert(mode)
    upload = encoded(source, "JPEG" if mode in ("CMYK", "YCbCr") else "PNG")

    assert grey(open_picture(upload), FEW).mode == "L"
    assert reencode(upload, 1600).width == 40


def test_a_large_jpeg_is_loaded_no_larger_than_needed() -> None:
    upload = jpeg(Image.new("L", (4000, 3000), 90))

    assert grey(open_picture(upload), FEW).size == (2000, 1500)
    assert grey(open_picture(upload), 20 * FEW).size == (4000, 3000)


def test_the_copy_is_a_jpeg_no_longer_than_asked() -> None:
    copy = reencode(jpeg(scene((4000, 2000))), 1600)

    kept = Image.open(io.BytesIO(copy.jpeg))
    assert (kept.format, kept.size) == ("JPEG", (1600, 800))
    assert (copy.width, copy.height) == (1600, 800)


def test_a_small_picture_is_not_enlarged() -> None:
    assert reencode(jpeg(scene((300, 150))), 1600).width == 300


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_pixels_survives_in_the_copy(kind: str) -> None:
    upload = encoded(scene(), kind, exif=exif(), icc_profile=b"PROFILE" * 20, comment=b"NOTE") + b"APPENDED<?php"
    copy = reencode(upload, 1600)

    kept = Image.open(io.BytesIO(copy.jpeg))
    assert not kept.getexif()
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(word in copy.jpeg for word in (b"camera", b"PROFILE", b"NOTE", b"APPENDED", b"Exif"))


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [(1, (400, 200), "red"), (3, (400, 200), "blue"), (6, (200, 400), "red"), (8, (200, 400), "blue")],
)
def test_the_copy_stands_upright(orientation: int, size: tuple[int, int], corner: str) -> None:
    copy = reencode(jpeg(scene(), exif=exif(orientation)), 1600)

    kept = Image.open(io.BytesIO(copy.jpeg))
    red, _, blue = kept.getpixel((10, 10))  # type: ignore[misc]
    assert (copy.width, copy.height) == size
    assert ("red" if red > blue else "blue") == corner


@pytest.mark.parametrize(
    "clear",
    [
        encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG"),
        encoded(Image.new("LA", (20, 20), (0, 0)), "PNG"),
        encoded(Image.new("P", (20, 20), 0), "PNG", transparency=0),
    ],
    ids=["RGBA", "LA", "P"],
)
def test_transparent_becomes_paper(clear: bytes) -> None:
    kept = Image.open(io.BytesIO(reencode(clear, 1600).jpeg))

    assert kept.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        ("2026:02:03 04:05:06", "", dt.datetime(2026, 2, 3, 4, 5, 6)),  # noqa: DTZ001
        ("2026:02:03 04:05:06", "+08:00", dt.datetime(2026, 2, 3, 4, 5, 6, tzinfo=dt.timezone(dt.timedelta(hours=8)))),
        ("0000:00:00 00:00:00", "", None),
        ("1899:12:31 00:00:00", "", None),
        ("yesterday", "", None),
    ],
)
def test_it_tells_when_the_camera_says_it_was_taken(taken: str, offset: str, expected: dt.datetime | None) -> None:
    assert reencode(jpeg(scene(), exif=exif(taken=taken, offset=offset)), 1600).taken_at == expected


def test_a_picture_without_details_was_taken_nobody_knows_when() -> None:
    assert reencode(jpeg(scene()), 1600).taken_at is None


def test_a_second_picture_hidden_in_a_jpeg_is_ignored() -> None:
    upload = encoded(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (400, 200), "green")])

    assert Image.open(io.BytesIO(reencode(upload, 1600).jpeg)).getpixel((10, 10))[0] > 150  # type: ignore[index]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_details_leave_a_picture_that_is_one(kind: str) -> None:
    copy = reencode(encoded(scene((30, 20)), kind, exif=b"Exif\0\0no such byte order"), 30)

    assert (copy.width, copy.height, copy.taken_at) == (30, 20, None)


@pytest.mark.parametrize(("reader", "given_to"), [("open", Image), ("load", ImageFile.ImageFile)])
def test_memory_that_runs_out_is_no_damage_of_the_picture(
    monkeypatch: pytest.MonkeyPatch, reader: str, given_to: object
) -> None:
    def out_of_memory(*_: object, **__: object) -> None:
        raise MemoryError

    photo = encoded(scene((30, 20)), "JPEG")
    monkeypatch.setattr(given_to, reader, out_of_memory)
    with pytest.raises(MemoryError):
        reencode(photo, 30)
    with pytest.raises(MemoryError):
        grey(open_picture(photo), FEW)
