"""All codes on one picture: several looks, both engines, one judgement."""

import math
import time
from collections.abc import Mapping

from PIL import Image

from mobile_sync.photos.engines import See
from mobile_sync.photos.looks import LOOKS, Look
from mobile_sync.photos.picture import grey
from mobile_sync.photos.rule import Engine, Read, Sighting, judge

first_sheet_pixels_max = 1_600_000
enlarged_below_pixels = 1_000_000
sheet_pixels_max = 13_000_000
looks_min = 2
cpu_seconds_enough = 3.0
wall_seconds_enough = 4.0


def decode(picture: Image.Image, engines: Mapping[Engine, See]) -> tuple[Read, ...]:
    """Return every code seen on an opened picture, accepted ones first; nothing read is an empty tuple.

    It stops looking when every code seen is accepted, when no look is left, or when its time is used up.
    Raises: PhotoUnreadable.
    """
    wall, cpu = time.monotonic(), time.process_time()
    width_before = max(picture.size)
    original = grey(picture, sheet_pixels_max)
    shrunk = max(original.size) / width_before
    first_scale = _first_scale(original)
    sightings: list[Sighting] = []
    sheets: dict[float, Image.Image] = {1.0: original}
    reads: tuple[Read, ...] = ()
    for number, look in enumerate(_fitting(LOOKS, original, first_scale)):
        if number >= looks_min and _settled(reads):
            break
        if time.process_time() - cpu > cpu_seconds_enough or time.monotonic() - wall > wall_seconds_enough:
            break
        scale = look.scale * first_scale
        sheet = sheets.get(scale) or sheets.setdefault(scale, _resized(original, scale))
        seen = look.of(sheet)
        for engine, see in engines.items():
            for kind, text, symbology, box in see(seen):
                place = look.back(box, seen, sheet, scale * shrunk)
                sightings.append(Sighting(number, engine, kind, text, symbology, place))
        reads = judge(sightings)
    return reads


def _first_scale(original: Image.Image) -> float:
    """Large photos are first looked at small: engines lose codes whose bars are many pixels wide."""
    scale = 1.0
    while original.width * original.height * scale * scale > first_sheet_pixels_max:
        scale /= 2
    return scale


def _fitting(looks: tuple[Look, ...], original: Image.Image, first_scale: float) -> list[Look]:
    pixels = original.width * original.height
    return [look for look in looks if _fits(pixels, look.scale * first_scale)]


def _fits(pixels: int, scale: float) -> bool:
    if scale > 1:
        return pixels < enlarged_below_pixels
    return pixels * scale * scale <= sheet_pixels_max


def _resized(original: Image.Image, scale: float) -> Image.Image:
    if scale in (0.5, 0.25, 0.125):
        return original.reduce(round(1 / scale))
    size = math.ceil(original.width * scale), math.ceil(original.height * scale)
    return original.resize(size, Image.Resampling.LANCZOS)


def _settled(reads: tuple[Read, ...]) -> bool:
    return bool(reads) and all(read.accepted or read.reason == "part-of-another-read" for read in reads)
