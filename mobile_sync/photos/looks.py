"""The looks that are taken at one picture: sizes, turns and filters, most fruitful first.

The order was chosen by measuring on photographs and on worsened copies of them (turned, blurred, noisy, dark).
"""

import math
from collections.abc import Callable

from msgspec import Struct
from PIL import Image, ImageFilter, ImageOps

from mobile_sync.photos.rule import Box

Filter = Callable[[Image.Image], Image.Image]

PAPER = 255


class Look(Struct, frozen=True):
    """One way to look: enlarge by ``scale``, turn by ``turn`` degrees, stretch by ``across`` and ``down``, filter."""

    name: str
    scale: float = 1.0
    turn: int = 0
    across: float = 1.0
    down: float = 1.0
    filter: Filter | None = None

    def of(self, sheet: Image.Image) -> Image.Image:
        """Return a sheet, already enlarged by ``scale``, as this look shows it."""
        seen = sheet
        if self.turn:
            seen = seen.rotate(self.turn, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)
        if (self.across, self.down) != (1.0, 1.0):
            size = max(1, round(seen.width * self.across)), max(1, round(seen.height * self.down))
            seen = seen.resize(size, Image.Resampling.LANCZOS)
        return self.filter(seen) if self.filter else seen

    def back(self, box: Box, seen: Image.Image, sheet: Image.Image, sheet_scale: float) -> Box:
        """Return a box in the look's pixels as one in the original's, of which the sheet is a scaled copy."""
        angle = math.radians(self.turn)
        cos, sin = math.cos(angle), math.sin(angle)

        def point(x: float, y: float) -> tuple[int, int]:
            dx, dy = (x - seen.width / 2) / self.across, (y - seen.height / 2) / self.down
            turned_x = cos * dx - sin * dy + sheet.width / 2
            turned_y = sin * dx + cos * dy + sheet.height / 2
            return round(turned_x / sheet_scale), round(turned_y / sheet_scale)

        a, b, c, d = (point(x, y) for x, y in box)
        return (a, b, c, d)


def sharp(radius: float, percent: int) -> Filter:
    """Return a filter that undoes a blur of about ``radius`` pixels."""
    mask = ImageFilter.UnsharpMask(radius, percent, 0)
    return lambda picture: picture.filter(mask)


def tone(power: float) -> Filter:
    """Return a filter that spreads the light shades (power above 1) or the dark ones (below 1)."""
    table = [round(255 * (shade / 255) ** power) for shade in range(256)]
    return lambda picture: picture.point(table)


LOOKS: tuple[Look, ...] = (
    Look("plain"),
    Look("twice", 2.0),
    Look("half", 0.5),
    Look("four times", 4.0),
    Look("sharp", 2.0, filter=sharp(3, 250)),
    Look("light", 2.0, filter=tone(0.5)),
    Look("dark", filter=tone(2)),
    Look("turned right", turn=-30),
    Look("turned left", turn=30),
    Look("turned half", turn=45),
    Look("inverted", filter=ImageOps.invert),
    Look("thrice sharp", 3.0, filter=sharp(4, 250)),
    Look("flattened", 2.0, down=0.125),
)
