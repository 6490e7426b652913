"""The photos of a visit on paper: rows of equal frames, each with what it shows and the start of its hash."""

from collections.abc import Mapping, Sequence

from reportlab.lib.units import mm

from domain.reports.document import Photo
from printing.flow import Draw, Pen, Strip, written
from printing.jpeg import Jpeg
from printing.style import BODY, MARGIN, SMALL, WIDTH
from printing.typesetting import Line, Setter
from printing.words import Words

LARGE = (1, 2, 4)
"""So many photos are printed two in a row; other numbers three in a row."""
GAP = 5 * mm
CAPTION_LINES_MAX = 3
HASH_DIGITS = 12


def photo_strips(photos: Sequence[Photo], pictures: Mapping[str, Jpeg], setter: Setter, words: Words) -> list[Strip]:
    """Set photos in rows that are never cut; one without a picture leaves its frame."""
    across = 2 if len(photos) in LARGE else 3
    width = (WIDTH - GAP * (across - 1)) / across
    height = width * 0.75
    strips = []
    for start in range(0, len(photos), across):
        row = photos[start : start + across]
        captions = [_caption(photo, width, setter, words) for photo in row]
        draws: list[tuple[int, Draw]] = []
        for index, (photo, caption) in enumerate(zip(row, captions, strict=True)):
            x = MARGIN + index * (width + GAP)
            gone = setter.fit(words["photo_gone"], width - 12, SMALL)
            draws.append((index, _framed(x, width, height, pictures.get(photo.sha256), gone, caption)))
        deepest = max(sum(line.leading for line in caption) for caption in captions)
        strips.append(Strip(height + deepest + 12, tuple(draws)))
    return strips


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
