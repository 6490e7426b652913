"""The photos of a visit on paper: rows of equal frames, what was before beside what is after."""

from collections.abc import Mapping, Sequence
from itertools import chain

from reportlab.lib.units import mm

from domain.reports.document import Photo
from printing.flow import Draw, Pen, Strip, written
from printing.jpeg import Jpeg
from printing.style import BODY, FULL, SMALL, Frame
from printing.typesetting import Line, Setter
from printing.words import Words

GAP = 5 * mm
PAIRS_LARGE = 4
"""Up to so many photos are printed two in a row, more of them four in a row."""
CAPTION_LINES_MAX = 3
HASH_DIGITS = 12


def across(count: int) -> int:
    """Decide how many photos go in a row: always pairs, so that before and after are read at a glance."""
    return 2 if count <= PAIRS_LARGE else 4


def photo_strips(
    photos: Sequence[Photo], pictures: Mapping[str, Jpeg], setter: Setter, words: Words, frame: Frame = FULL
) -> list[Strip]:
    """Set photos in rows that are never cut; one without a picture leaves its frame."""
    in_a_row = across(len(photos))
    width = (frame.width - GAP * (in_a_row - 1)) / in_a_row
    height = width * 0.75
    ordered = paired(photos)
    strips = []
    for start in range(0, len(ordered), in_a_row):
        row = ordered[start : start + in_a_row]
        captions = [_caption(photo, width, setter, words) for photo in row]
        draws: list[tuple[int, Draw]] = []
        for index, (photo, caption) in enumerate(zip(row, captions, strict=True)):
            x = frame.x + index * (width + GAP)
            gone = setter.fit(words["photo_gone"], width - 12, SMALL)
            draws.append((index, _framed(x, width, height, pictures.get(photo.sha256), gone, caption)))
        deepest = max(sum(line.leading for line in caption) for caption in captions)
        strips.append(Strip(height + deepest + 12, tuple(draws)))
    return strips


def paired(photos: Sequence[Photo]) -> list[Photo]:
    """Order photos: each one before the work with the one after it, then the others as they were taken."""
    befores = [photo for photo in photos if photo.kind == "before"]
    afters = [photo for photo in photos if photo.kind == "after"]
    pairs = list(zip(befores, afters, strict=False))
    rest = [photo for photo in photos if all(photo is not one for pair in pairs for one in pair)]
    return [*chain.from_iterable(pairs), *rest]


def _caption(photo: Photo, width: float, setter: Setter, words: Words) -> list[Line]:
    kind = words.of("photo", photo.kind or "other")
    lines = setter.lines(f"{kind}{words['colon']}{photo.caption}" if photo.caption else kind, width, BODY)
    if len(lines) > CAPTION_LINES_MAX:
        rest = " ".join(text for line in lines[CAPTION_LINES_MAX - 1 :] for _, text, _ in line.spans)
        cut = setter.fit(rest, width, BODY)
        lines = [*lines[: CAPTION_LINES_MAX - 1], Line(BODY.leading, ((0.0, cut, BODY),))]
    return [*lines, Line(SMALL.leading, ((0.0, f"SHA-256 {photo.sha256[:HASH_DIGITS]}", SMALL),))]


def _framed(x: float, width: float, height: float, picture: Jpeg | None, gone: str, caption: Sequence[Line]) -> Draw:
    def draw(pen: Pen, y: float) -> None:
        if picture is None:
            pen.text(x + (width - pen.face.width(gone, SMALL.size)) / 2, y - 4 - height / 2, gone, SMALL)
        else:
            pen.canvas.drawImage(
                picture.reader(), x, y - 4 - height, width, height, preserveAspectRatio=True, anchor="c"
            )
        pen.frame(x, y - 4 - height, width, height)
        written(x, height + 6, caption)(pen, y)

    return draw
