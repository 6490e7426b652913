import io
import random

import pytest
from PIL import Image

from printing.jpeg import NotAJpeg, plain
from tests.printing import visits


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


def saved(mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 30).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [True, False])
def test_the_picture_stays_and_what_is_around_it_goes(mode: str, progressive: bool) -> None:
    secret = Image.Exif()
    secret[0x010E] = "Quay Street"
    data = (
        saved(mode, exif=secret, comment=b"taken by Ben", progressive=progressive, icc_profile=b"profile")
        + b"movie behind"
    )
    clean = plain(data)
    assert pixels(clean.data) == pixels(data)
    assert (clean.width, clean.height) == (64, 48)
    for trace in (b"Quay", b"Exif", b"Ben", b"profile", b"movie", b"JFIF"):
        assert trace not in clean.data


def test_what_is_not_a_jpeg_is_refused() -> None:
    for data in (b"", b"\xff\xd8", b"\x89PNG\r\n", b"\xff\xd8\xff\xd9", b"\xff\xd8" + b"\xff" * 50, saved()[:400]):
        with pytest.raises(NotAJpeg):
            plain(data)


def test_bytes_that_only_fill_up_are_passed_over() -> None:
    data = saved()
    frame = data.index(b"\xff\xc0")
    assert plain(data[:frame] + b"\xff\xff" + data[frame:]).data == plain(data).data


def test_a_picture_that_ends_early_is_refused_wherever_it_ends() -> None:
    data = saved()
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    short_frame = data[:frame] + b"\xff\xc0\x00\x04\x08\x00" + data[scan:]
    for cut in (
        short_frame,
        data[:frame] + data[scan:],
        *(data[:at] for at in (frame + 1, frame + 9, scan + 2, -1, -2)),
    ):
        with pytest.raises(NotAJpeg):
            plain(cut)


def test_a_picture_of_absurd_size_is_refused() -> None:
    data = bytearray(saved())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(NotAJpeg):
        plain(bytes(data))


def test_damaged_bytes_are_printed_or_refused_and_never_raise_anything_else() -> None:
    dice = random.Random(3)
    whole = visits.jpeg(3, exif=b"Exif\x00\x00MM\x00*")
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(700)] = dice.randrange(256)
        try:
            plain(bytes(data))
        except NotAJpeg:
            continue
