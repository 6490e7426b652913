"""Tables of a report: rows of any height, the heads of the columns drawn again on every page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from printing.flow import Pen, Strip, stack
from printing.style import BODY, FULL, LABEL, Frame, Style
from printing.typesetting import Align, Line, Setter

CELL_GAP = 8.0
ROWS_TOGETHER = 2

Cell = str | Sequence[tuple[str, Style]]
"""What stands in a cell: body text, or paragraphs each in its own style."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head and its share of the width."""

    head: str
    share: float
    align: Align = "left"


def table(
    setter: Setter, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], frame: Frame = FULL
) -> list[Strip]:
    """Set a table over a frame; the first row never parts from the heads, nor the last from the one before."""

    def rule(pen: Pen, y: float) -> None:
        pen.rule(frame.x, y, frame.width)

    heads = stack(_row(setter, columns, [[(column.head, LABEL)] for column in columns], frame), rule=rule)
    head = tuple(replace(strip, keep=True) for strip in heads)
    body = [stack(_row(setter, columns, row, frame), again=head, pad=2.0, rule=rule) for row in rows]
    if len(body) > ROWS_TOGETHER:
        body[-2] = [*body[-2][:-1], *(replace(strip, keep=True) for strip in body[-2][-1:])]
    return [*head, *chain.from_iterable(body)]


def _row(
    setter: Setter, columns: Sequence[Column], cells: Sequence[Cell], frame: Frame
) -> list[tuple[float, list[Line]]]:
    placed, x = [], frame.x
    for column, cell in zip(columns, cells, strict=True):
        width = column.share * frame.width - CELL_GAP
        if column is columns[-1]:
            width += CELL_GAP
        texts = [(cell, BODY)] if isinstance(cell, str) else cell
        lines = [line for text, style in texts for line in setter.lines(text, width, style, column.align)]
        placed.append((x, lines))
        x += column.share * frame.width
    return placed
