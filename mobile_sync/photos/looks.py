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

    def size(self, width: float, height: float) -> tuple[float, float]:
        """Return how large a sheet of this size, already enlarged, becomes in this look."""
        angle = math.radians(self.turn)
        cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
        return (width * cos + height * sin) * self.across, (width * sin + height * cos) * self.down

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


def soft(radius: float) -> Filter:
    """Return a filter that averages grain and print dots away."""
    blur = ImageFilter.GaussianBlur(radius)
    return lambda picture: picture.filter(blur)


def two_tone(picture: Image.Image) -> Image.Image:
    """Return the picture in black and white, parted where the two groups of shades lie furthest apart (Otsu)."""
    counts = picture.histogram()
    total, weight = sum(counts), sum(shade * count for shade, count in enumerate(counts))
    dark, dark_weight, best, border = 0, 0, -1.0, 127
    for shade, count in enumerate(counts):
        dark += count
        dark_weight += shade * count
        if 0 < dark < total:
            apart = dark_weight / dark - (weight - dark_weight) / (total - dark)
            if (spread := dark * (total - dark) * apart * apart) > best:
                best, border = spread, shade
    return picture.point([0] * (border + 1) + [255] * (255 - border))


LOOKS: tuple[Look, ...] = (
    Look("plain"),
    Look("twice", 2.0),
    Look("four times", 4.0),
    Look("soft", filter=soft(0.8)),
    Look("turned right", turn=-30),
    Look("turned left", turn=30),
    Look("turned half", turn=45),
    # Thin bars, slightly out of true: stretched across, averaged along the bars, sharpened.
    Look("drawn out, tilted right", turn=-5, across=4.0, down=0.5, filter=sharp(3, 250)),
    Look("drawn out, tilted left", turn=5, across=4.0, down=0.5, filter=sharp(3, 250)),
    Look("inverted", filter=ImageOps.invert),
    Look("flat", across=2.0, down=0.25),
    Look("flat, upended", turn=90, across=2.0, down=0.25),
    Look("flat, turned left", turn=20, across=2.0, down=0.25),
    Look("flat, turned right", turn=-20, across=2.0, down=0.25),
    Look("twice, soft", 2.0, filter=soft(1.6)),
    Look("twice, black and white", 2.0, filter=two_tone),
    Look("twice, sharp", 2.0, filter=sharp(4, 200)),
    Look("twice, dark", 2.0, filter=tone(2.0)),
    Look("twice, light", 2.0, filter=tone(0.5)),
    Look("half", 0.5),
)
