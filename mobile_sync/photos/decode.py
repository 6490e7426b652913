"""All codes on one picture: several looks, both engines, one judgement."""

import math
import time
from collections.abc import Mapping

from PIL import Image

from mobile_sync.photos.engines import See
from mobile_sync.photos.looks import LOOKS
from mobile_sync.photos.picture import grey
from mobile_sync.photos.rule import Engine, Read, Sighting, judge

first_sheet_pixels_max = 1_600_000
enlarged_below_pixels = 1_000_000
enlarged_times_max = 2
sheet_pixels_max = 13_000_000
edge_px_max = 65_500
"""zxing-cpp takes none of 65,536, and a turned sheet can be a few pixels longer than reckoned."""
looks_min = 2
cpu_seconds_enough = 3.0
wall_seconds_enough = 3.5


def decode(picture: Image.Image, engines: Mapping[Engine, See]) -> tuple[Read, ...]:
    """Return every code seen on an opened picture, accepted ones first; nothing read is an empty tuple.

    It stops looking when every code seen is accepted, when no look is left, or when its time is used up.
    Raises: PhotoUnreadable.
    """
    clock = _Clock()
    width_before = max(picture.size)
    original = grey(picture, sheet_pixels_max)
    shrunk = max(original.size) / width_before
    first_scale = _first_scale(original)
    sheets: dict[float, Image.Image] = {1.0: original}
    sightings: list[Sighting] = []
    reads: tuple[Read, ...] = ()
    looks = 0
    for look in LOOKS:
        if looks >= looks_min and _settled(reads):
            break
        scale = look.scale * first_scale
        if scale > 1 and not _small_enough_to_enlarge(original, scale):
            continue
        width, height = look.size(original.width * scale, original.height * scale)
        if not _fits(width, height) or not clock.allows(width * height):
            continue
        sheet = sheets.get(scale) or sheets.setdefault(scale, _resized(original, scale))
        seen = look.of(sheet)
        for engine, see in engines.items():
            for kind, text, symbology, box in see(seen):
                place = look.back(box, seen, sheet, scale * shrunk)
                sightings.append(Sighting(looks, engine, kind, text, symbology, place))
        reads = judge(sightings)
        looks += 1
    return reads


class _Clock:
    """Allows a look only while it will likely end in time, going by what the looks before it cost."""

    def __init__(self) -> None:
        self._cpu_began, self._wall_began = time.process_time(), time.monotonic()
        self._pixels = 0.0
        self._spent = 0.0
        self._seconds_per_pixel = 0.0

    def allows(self, pixels: float) -> bool:
        cpu, wall = time.process_time() - self._cpu_began, time.monotonic() - self._wall_began
        if self._pixels:
            self._seconds_per_pixel = max(self._seconds_per_pixel, (wall - self._spent) / self._pixels)
        expected = pixels * self._seconds_per_pixel
        if cpu + expected > cpu_seconds_enough or wall + expected > wall_seconds_enough:
            return False
        self._pixels, self._spent = pixels, wall
        return True


def _first_scale(original: Image.Image) -> float:
    """Large photos are first looked at small: engines lose codes whose bars are many pixels wide."""
    scale = 1.0
    while original.width * original.height * scale * scale > first_sheet_pixels_max:
        scale /= 2
    return scale


def _small_enough_to_enlarge(original: Image.Image, scale: float) -> bool:
    return scale <= enlarged_times_max and original.width * original.height < enlarged_below_pixels


def _fits(width: float, height: float) -> bool:
    """Turned, a long strip becomes a vast sheet, most of it paper."""
    return width * height <= sheet_pixels_max and max(width, height) <= edge_px_max


def _resized(original: Image.Image, scale: float) -> Image.Image:
    if scale in (0.5, 0.25, 0.125):
        return original.reduce(round(1 / scale))
    size = math.ceil(original.width * scale), math.ceil(original.height * scale)
    return original.resize(size, Image.Resampling.LANCZOS)


def _settled(reads: tuple[Read, ...]) -> bool:
    return bool(reads) and all(read.accepted or read.reason == "part-of-another-read" for read in reads)
