"""Cutting a document into pages.

A page is a stack of strips: bands of the full width that are never cut. Tables, facts and paragraphs are made of one
strip per line of text, so that a cell of any length goes on on the next page.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from printing.fonts import Typeface
from printing.style import RULE_INK, Style
from printing.typesetting import Line

ROW_LINES_KEPT = 10
"""A row of up to so many lines is not cut by a page break."""

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on one page; points from the lower left corner."""

    canvas: Any
    face: Typeface

    def text(self, x: float, y: float, text: str, style: Style, colour: Colour | None = None) -> None:
        """Draw printable text on the base line ``y``. There is no bold Chinese font: bold is a stroke around it."""
        line = self.canvas.beginText(x, y)
        colour = colour or (style.ink, style.ink, style.ink)
        line.setFillColorRGB(*colour)
        if style.bold:
            self.canvas.setLineWidth(style.size / 38)
            line.setStrokeColorRGB(*colour)
            line.setTextRenderMode(2)
        for font, run in self.face.runs(text):
            line.setFont(font, style.size)
            line.textOut(run)
        if style.bold:
            line.setTextRenderMode(0)
        self.canvas.drawText(line)

    def rule(self, x: float, y: float, width: float, ink: float = RULE_INK, thickness: float = 0.5) -> None:
        """Draw a level line to the right."""
        self.canvas.setStrokeGray(ink)
        self.canvas.setLineWidth(thickness)
        self.canvas.line(x, y, x + width, y)

    def frame(self, x: float, y: float, width: float, height: float, ink: float = RULE_INK) -> None:
        """Draw an empty rectangle by its lower left corner."""
        self.canvas.setStrokeGray(ink)
        self.canvas.setLineWidth(0.5)
        self.canvas.rect(x, y, width, height, stroke=1, fill=0)


Draw = Callable[[Pen, float], None]
"""Draws something below the given ``y``, the upper edge of its strip."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A band of the page that is never cut.

    ``draws``: (column, what to draw); strips of one ``row`` are drawn column by column, so that text copied from the
    page reads on. ``keep``: never the last on its page, the next strip goes with it. ``again``: drawn on top of a page
    that begins with this strip (the head of a table that goes on). ``blank``: vanishes at the top of a page.
    """

    height: float
    draws: tuple[tuple[int, Draw], ...] = ()
    keep: bool = False
    again: "tuple[Strip, ...]" = ()
    row: object = None
    blank: bool = False


def stack(
    columns: Sequence[tuple[float, Sequence[Line]]],
    *,
    again: tuple[Strip, ...] = (),
    pad: float = 0.0,
    rule: Draw | None = None,
) -> list[Strip]:
    """Put columns of lines side by side, one strip for each line; ``rule`` is drawn at the lower edge of the last.

    A short row is kept whole, a long one keeps two lines together at each end.
    """
    count = max((len(lines) for _, lines in columns), default=0)
    row = object()
    strips = []
    for index in range(count):
        first, last = index == 0, index == count - 1
        top = pad if first else 0.0
        present = [(number, x, lines[index]) for number, (x, lines) in enumerate(columns) if index < len(lines)]
        height = top + max(line.leading for _, _, line in present) + (pad if last else 0.0)
        draws = [(number, written(x, top, (line,))) for number, x, line in present]
        if last and rule is not None:
            draws.append((len(columns), _below(rule, height)))
        keep = not last and (count <= ROW_LINES_KEPT or first or index == count - 2)
        strips.append(Strip(height, tuple(draws), keep, again, row))
    return strips


def written(x: float, top: float, lines: Sequence[Line]) -> Draw:
    """Draw lines of text below each other, beginning ``top`` points below the edge of the strip."""

    def draw(pen: Pen, y: float) -> None:
        base = y - top
        for line in lines:
            base -= line.leading
            for dx, text, style in line.spans:
                pen.text(x + dx, base + (line.leading - style.size) / 2 + style.size * 0.16, text, style)

    return draw


def together(strips: Sequence[Strip]) -> list[Strip]:
    """Keep strips on one page, if a page can hold them."""
    return [replace(strip, keep=True) for strip in strips[:-1]] + list(strips[-1:])


def beside(*columns: Sequence[Strip]) -> Strip:
    """Put stacks of strips side by side in one strip, which is never cut."""
    draws = [(number, _column(strips)) for number, strips in enumerate(columns)]
    return Strip(max(height_of(strips) for strips in columns), tuple(draws))


def height_of(strips: Sequence[Strip]) -> float:
    """Return the height of strips below each other."""
    return sum(strip.height for strip in strips)


def gap(height: float) -> Strip:
    """Leave blank space, which goes with what comes after it."""
    return Strip(height, keep=True, blank=True)


def paginate(strips: Sequence[Strip], height: float) -> list[list[tuple[float, Strip]]]:
    """Cut strips into pages of the given height: (distance from the top of the page, strip)."""
    pages: list[list[tuple[float, Strip]]] = [[]]
    used = 0.0

    def place(strip: Strip) -> None:
        nonlocal used
        pages[-1].append((used, strip))
        used += strip.height

    def turn(strip: Strip) -> None:
        nonlocal used
        pages.append([])
        used = 0.0
        for head in strip.again:
            place(head)

    for group in _groups(strips):
        whole = height_of(group)
        fits_a_page = whole + height_of(group[0].again) <= height
        if pages[-1] and fits_a_page and used + whole > height:
            turn(group[0])
        for strip in group:
            if pages[-1] and used + strip.height > height:
                turn(strip)
            if pages[-1] or not strip.blank:
                place(strip)
    return pages


def draw_page(pen: Pen, page: Sequence[tuple[float, Strip]], top: float) -> None:
    """Draw one page of strips below ``top``."""
    for _, placed in groupby(page, key=lambda each: id(each[1].row)):
        marks = [(column, draw, top - offset) for offset, strip in placed for column, draw in strip.draws]
        for _, draw, y in sorted(marks, key=lambda mark: mark[0]):
            draw(pen, y)


def _column(strips: Sequence[Strip]) -> Draw:
    def draw(pen: Pen, y: float) -> None:
        draw_page(pen, list(zip(_edges(strips), strips, strict=True)), y)

    return draw


def _edges(strips: Sequence[Strip]) -> Iterator[float]:
    used = 0.0
    for strip in strips:
        yield used
        used += strip.height


def _groups(strips: Sequence[Strip]) -> Iterator[list[Strip]]:
    group: list[Strip] = []
    for strip in strips:
        group.append(strip)
        if not strip.keep:
            yield group
            group = []
    if group:
        yield group


def _below(rule: Draw, height: float) -> Draw:
    return lambda pen, y: rule(pen, y - height)
