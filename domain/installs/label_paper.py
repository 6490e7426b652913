"""What labels are printed on: sheets with a grid of them, or a roll with one after the other."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PAGE_WIDTH, PAGE_HEIGHT = 2100, 2970
"""A4 in tenths of a millimetre."""
Tenths = Annotated[int, Meta(ge=0, le=1000)]
Dpi = Literal[203, 300]


class GridTooFine(ValueError):
    """Margins and gaps leave no room for labels."""


class LabelSheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A4 with a grid of labels; lengths in tenths of a millimetre, the same margin on opposite sides.

    As it stands: 24 labels of 63.5 by 33.9 mm. ``start`` is the first free place of a sheet that was used before,
    counted along the rows from 1.
    """

    columns: Annotated[int, Meta(ge=1, le=10)] = 3
    rows: Annotated[int, Meta(ge=1, le=20)] = 8
    margin_across: Tenths = 72
    margin_down: Tenths = 129
    gap_across: Tenths = 25
    gap_down: Tenths = 0
    start: Annotated[int, Meta(ge=1, le=200)] = 1

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of one label in millimetres. Raises: GridTooFine."""
        width = PAGE_WIDTH - 2 * self.margin_across - (self.columns - 1) * self.gap_across
        height = PAGE_HEIGHT - 2 * self.margin_down - (self.rows - 1) * self.gap_down
        if width <= 0 or height <= 0 or self.start > self.columns * self.rows:
            raise GridTooFine("Margins, gaps and start leave no label on the sheet.")
        return width / self.columns / 10, height / self.rows / 10

    @property
    def is_to_be_cut(self) -> bool:
        """Whether labels touch: plain paper, to be cut along lines. Labels to peel off have gaps between them."""
        return self.gap_across == 0 and self.gap_down == 0

    def place(self, number: int) -> tuple[int, float, float]:
        """Return the page (from 0) of a label (from 0), and its left upper corner in millimetres from the page's."""
        page, place = divmod(number + self.start - 1, self.columns * self.rows)
        row, column = divmod(place, self.columns)
        width, height = self.size
        return (
            page,
            self.margin_across / 10 + column * (width + self.gap_across / 10),
            self.margin_down / 10 + row * (height + self.gap_down / 10),
        )


class LabelRoll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A roll for a thermal printer: the label in millimetres, and the printer's dots to the inch."""

    width_mm: Annotated[int, Meta(ge=20, le=110)] = 70
    height_mm: Annotated[int, Meta(ge=15, le=200)] = 36
    dpi: Dpi = 203
