"""Rule R: which of the texts that two engines saw on a picture may be believed.

A wrong serial is worse than none. An error-corrected code needs one witness; a code whose only guard is a check
digit needs both engines, or the same text from three looks at the picture; and either twice as often as any rival.
"""

import math
from collections.abc import Iterable
from itertools import product
from typing import Literal

from msgspec import Struct

Engine = Literal["zxing", "zbar"]
Kind = Literal["QR Code", "Data Matrix", "Code 128", "Code 39", "Code 93", "ITF", "EAN-13", "EAN-8", "UPC-A", "UPC-E"]
Point = tuple[int, int]
Box = tuple[Point, Point, Point, Point]

CORRECTED = frozenset({"QR Code", "Data Matrix"})
RETAIL = frozenset({"EAN-13", "EAN-8", "UPC-A", "UPC-E"})
SERIAL = frozenset({"Code 128", "Code 39"})

serial_length_min = 4
itf_length_min = 6
looks_agreeing_min = 3
boxes_compared_max = 6


class Sighting(Struct, frozen=True):
    """One text one engine saw in one look at the picture; ``box`` in pixels of the upright original."""

    look: int
    engine: Engine
    kind: Kind
    text: str
    symbology: str
    box: Box


class Read(Struct, frozen=True):
    """One code on the picture and whether its text may be used without asking a person.

    ``symbology`` is the AIM identifier (``]C1``), empty where only the engine that does not tell it saw the code.
    ``box`` has the four corners in pixels of the upright picture (turned as its EXIF orientation says).
    Retail codes carry their GTIN: 8 digits for EAN-8, 12 for UPC-A and UPC-E, 13 for EAN-13.
    """

    text: str
    symbology: str
    symbology_name: Kind
    engines: tuple[Engine, ...]
    accepted: bool
    reason: str
    box: Box
    passes: int


class _Candidate:
    """All sightings of one text."""

    def __init__(self, sightings: list[Sighting]) -> None:
        first = max(sightings, key=lambda seen: (seen.engine == "zxing", bool(seen.symbology)))
        self.text = first.text
        self.kind: Kind = first.kind
        self.symbology = first.symbology
        self.family = _family(first.kind)
        self.engines: tuple[Engine, ...] = tuple(sorted({seen.engine for seen in sightings}, reverse=True))
        self.looks = len({seen.look for seen in sightings})
        ours = sorted((seen.box for seen in sightings if seen.engine == first.engine), key=_area, reverse=True)
        theirs = sorted((seen.box for seen in sightings if seen.engine != first.engine), key=_area, reverse=True)
        self.box = ours[0]
        self.boxes = (ours[: boxes_compared_max // 2] + theirs)[:boxes_compared_max]

    def shares_place_with(self, other: "_Candidate") -> bool:
        return any(_holds(a, _centre(b)) or _holds(b, _centre(a)) for a, b in product(self.boxes, other.boxes))


def judge(sightings: Iterable[Sighting]) -> tuple[Read, ...]:
    """Decide for every text that was seen whether it is accepted, and say why; accepted reads come first."""
    groups: dict[tuple[str, str], list[Sighting]] = {}
    for seen in sightings:
        if seen.text:
            groups.setdefault((_family(seen.kind), _comparable(seen)), []).append(seen)
    candidates = [_Candidate(group) for group in groups.values()]
    candidates = [one for one in candidates if not _retold(one, candidates)]
    reads = []
    for one in candidates:
        accepted, reason = _verdict(one, [other for other in candidates if other is not one])
        reads.append(
            Read(one.text, one.symbology, one.kind, one.engines, accepted, reason, one.box, one.looks),
        )
    return tuple(sorted(reads, key=lambda read: (not read.accepted, -read.passes, read.text)))


def gtin14(text: str) -> str:
    """Return a GTIN in the 14 digits in which GTINs of any length compare."""
    return text.zfill(14)


def _verdict(one: _Candidate, others: list[_Candidate]) -> tuple[bool, str]:
    here = [other for other in others if one.shares_place_with(other)]
    # A scan line cut short is told by libzbar as a shorter code, at a point beside the symbol rather than on it.
    near = here if len(one.engines) > 1 or one.engines == ("zxing",) else others
    if one.family == "ITF":
        if len(one.text) < itf_length_min:
            return False, "too-short"
        if any(other.family != "ITF" and _stands_alone(other) for other in near):
            return False, "part-of-another-read"
        near = others
    if any(one.text != other.text and one.text in other.text for other in near):
        return False, "part-of-another-read"
    if one.kind in CORRECTED:
        if one.engines == ("zbar",) and not one.text.isascii():
            return False, "text-uncertain"
        return True, "one-engine-is-enough"
    rivals = [other for other in here if other.family == one.family and other.text not in one.text]
    # Both engines can agree on a wrong text; where they agree on two texts for one code, neither is believed.
    if any(len(rival.engines) > 1 or one.looks < 2 * rival.looks for rival in rivals):
        return False, "rival-read"
    if _stands_alone(one):
        return True, "one-engine-is-enough"
    if len(one.engines) > 1:
        return True, "both-engines-agree"
    if one.looks >= looks_agreeing_min:
        return True, "several-passes-agree"
    return False, "too-short" if one.kind in SERIAL else "one-engine-only"


def _stands_alone(one: _Candidate) -> bool:
    return one.kind in CORRECTED or (one.kind in SERIAL and len(one.text) >= serial_length_min)


def _retold(one: _Candidate, all_: list[_Candidate]) -> bool:
    """Whether the second engine only retells, in other characters, a QR code that the first engine has read."""
    return (
        one.kind == "QR Code"
        and one.engines == ("zbar",)
        and any(other.kind == "QR Code" and "zxing" in other.engines and one.shares_place_with(other) for other in all_)
    )


def _family(kind: Kind) -> str:
    return "EAN/UPC" if kind in RETAIL else kind


def _comparable(seen: Sighting) -> str:
    return gtin14(seen.text) if seen.kind in RETAIL else seen.text


def _centre(box: Box) -> tuple[float, float]:
    return sum(x for x, _ in box) / 4, sum(y for _, y in box) / 4


def _area(box: Box) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in _edges(box))) / 2


def _edges(box: Box) -> tuple[tuple[Point, Point], ...]:
    return tuple(zip(box, (*box[1:], box[0]), strict=True))


def _holds(box: Box, point: tuple[float, float]) -> bool:
    """Whether a convex box, grown by a tenth of its shorter side and four pixels, holds the point."""
    edges = _edges(box)
    spare = 4 + 0.1 * min(math.dist(a, b) for a, b in edges)
    turn = 1 if sum(a[0] * b[1] - b[0] * a[1] for a, b in edges) >= 0 else -1
    for a, b in edges:
        length = math.dist(a, b)
        if length and turn * ((b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])) < -spare * length:
            return False
    xs, ys = [x for x, _ in box], [y for _, y in box]
    return min(xs) - spare <= point[0] <= max(xs) + spare and min(ys) - spare <= point[1] <= max(ys) + spare
