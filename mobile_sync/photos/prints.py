"""Fingerprints of a picture: bits that stay nearly the same when it is saved anew, resized, brightened or stamped.

They are made of the whole picture and of its middle, so that a picture whose borders were cut is still met.
"""

import math
from itertools import pairwise

from PIL import Image

from domain.worklog.print_bits import Print, PrintPart, signed

middle_share = 0.92
"""What is left of each side where the borders are cut."""
_SMALL, _SIDE, _LOW = 128, 32, 8
_WAVES = [[math.cos(math.pi * wave * (2 * at + 1) / (2 * _SIDE)) for at in range(_SIDE)] for wave in range(_LOW)]
"""The first cosines of a DCT-II."""


def prints_of(picture: Image.Image) -> tuple[Print, ...]:
    """Return the four fingerprints of an upright picture of any mode that Pillow can turn to grey."""
    grey = picture.convert("L").resize((_SMALL, _SMALL), Image.Resampling.BOX)
    edge = round(_SMALL * (1 - middle_share) / 2)
    middle = grey.crop((edge, edge, _SMALL - edge, _SMALL - edge))
    parts: tuple[tuple[PrintPart, Image.Image], ...] = (("whole", grey), ("middle", middle))
    return tuple(
        one
        for part, seen in parts
        for one in (Print("d", part, signed(_differences(seen))), Print("f", part, signed(_frequencies(seen))))
    )


def _differences(grey: Image.Image) -> int:
    shades = grey.resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for left, right in pairwise(shades[9 * row : 9 * row + 9]):
            bits = bits << 1 | (right > left)
    return bits


def _frequencies(grey: Image.Image) -> int:
    shades = [float(shade) for shade in grey.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).tobytes()]
    rows = [shades[_SIDE * row : _SIDE * row + _SIDE] for row in range(_SIDE)]
    along = [[sum(map(float.__mul__, row, wave)) for wave in _WAVES] for row in rows]
    columns = list(zip(*along, strict=True))
    bits = 0
    for wave in _WAVES:
        for column in columns:
            bits = bits << 1 | (sum(map(float.__mul__, column, wave)) > 0)
    return bits & (1 << 63) - 1  # the first is the mean shade, and always positive
