"""How our papers look: page, sizes, greys, and whose paper it is. Lengths in points."""

from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 16 * mm
TOP = 15 * mm
BOTTOM = 18 * mm
WIDTH = PAGE_WIDTH - 2 * MARGIN
GUTTER = 8 * mm
QR_SIDE = 40 * mm


@dataclass(frozen=True, slots=True)
class Style:
    """A way to set text; ``ink`` is a grey from 0 (black) to 1 (paper)."""

    size: float
    leading: float
    ink: float = 0.0
    bold: bool = False


TITLE = Style(21, 25, bold=True)
BRAND = Style(10, 13, bold=True)
HEADING = Style(10.5, 14, bold=True)
BODY = Style(9, 12.5)
STRONG = Style(9, 12.5, bold=True)
SMALL = Style(7.5, 10, ink=0.35)
LABEL = Style(7.5, 12.5, ink=0.35)
STAMP = Style(11, 14, bold=True)
RULE_INK = 0.72
STRONG_RULE_INK = 0.25
SHADE = 0.945


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose report this is: name and a line of contact; ``colour`` is a dark RGB that also reads in grey."""

    name: str = "Fieldstone"
    line: str = ""
    colour: tuple[float, float, float] = (0.07, 0.24, 0.33)


FIELDSTONE = Brand()
