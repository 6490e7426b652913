"""Tables of a report: rows of any height, the heads of the columns drawn again on every page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from printing.flow import Pen, Strip, stack
from printing.style import BODY, LABEL, MARGIN, WIDTH, Style
from printing.typesetting import Align, Line, Setter

CELL_GAP = 8.0

Cell = str | Sequence[tuple[str, Style]]
"""What stands in a cell: body text, or paragraphs each in its own style."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head and its share of the width."""

    head: str
    share: float
    align: Align = "left"


def table(setter: Setter, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> list[Strip]:
    """Set a table over the full width; the first row never parts from the heads."""
    heads = stack(_row(setter, columns, [[(column.head, LABEL)] for column in columns]), rule=_rule)
    head = tuple(replace(strip, keep=True) for strip in heads)
    body = [strip for row in rows for strip in stack(_row(setter, columns, row), again=head, pad=2.0, rule=_rule)]
    return [*head, *body]


def _row(setter: Setter, columns: Sequence[Column], cells: Sequence[Cell]) -> list[tuple[float, list[Line]]]:
    placed, x = [], MARGIN
    for column, cell in zip(columns, cells, strict=True):
        width = column.share * WIDTH - CELL_GAP
        if column is columns[-1]:
            width += CELL_GAP
        texts = [(cell, BODY)] if isinstance(cell, str) else cell
        lines = [line for text, style in texts for line in setter.lines(text, width, style, column.align)]
        placed.append((x, lines))
        x += column.share * WIDTH
    return placed


def _rule(pen: Pen, y: float) -> None:
    pen.rule(MARGIN, y, WIDTH)
