"""How our papers look: page, sizes, greys, and whose paper it is. Lengths in points."""

from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 16 * mm
TOP = 13 * mm
BOTTOM = 15 * mm
WIDTH = PAGE_WIDTH - 2 * MARGIN
GUTTER = 8 * mm
QR_SIDE = 40 * mm


@dataclass(frozen=True, slots=True)
class Frame:
    """A column of the page: its left edge and its width."""

    x: float
    width: float


FULL = Frame(MARGIN, WIDTH)
LEFT = Frame(MARGIN, (WIDTH - GUTTER) / 2)
RIGHT = Frame(MARGIN + (WIDTH + GUTTER) / 2, (WIDTH - GUTTER) / 2)


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
BODY = Style(9, 11.6)
STRONG = Style(9, 11.6, bold=True)
SMALL = Style(7.5, 10, ink=0.35)
LABEL = Style(7.5, 11.6, ink=0.35)
STAMP = Style(11, 14, bold=True)
RULE_INK = 0.72
STRONG_RULE_INK = 0.25
SHADE = 0.945


LOGO_WIDTH, LOGO_HEIGHT = 150.0, 28.0


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose paper this is: name, up to three lines of address and contact, a logo.

    ``colour`` is a dark RGB that also reads in grey.
    """

    name: str = "Fieldstone"
    lines: tuple[str, ...] = ()
    colour: tuple[float, float, float] = (0.07, 0.24, 0.33)
    logo: ImageReader | None = None

    def logo_size(self) -> tuple[float, float]:
        """Return width and height of the logo on paper, in its own proportions."""
        assert self.logo is not None, "only a logo has a size"
        width, height = self.logo.getSize()
        scale = min(LOGO_WIDTH / width, LOGO_HEIGHT / height)
        return width * scale, height * scale


FIELDSTONE = Brand()
