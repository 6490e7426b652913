"""What the scored rules look at and what they give: frozen shapes, stored with the score, so that it can be replayed.

Every fact has a default that means "not known"; a rule finds nothing in what is not known.
"""

import datetime as dt
import math
from typing import Any, Literal
from uuid import UUID

import msgspec

EARTH_METRES = 6_371_009
"""Mean radius. Source: IUGG."""


class Spot(msgspec.Struct, frozen=True):
    """A position in millionths of a degree (WGS 84)."""

    latitude_e6: int
    longitude_e6: int


def metres_between(one: Spot | None, other: Spot | None) -> int | None:
    """Return how far two positions lie apart on a great circle, or None where one is not known."""
    if one is None or other is None:
        return None
    lat1, lat2 = (math.radians(spot.latitude_e6 / 1e6) for spot in (one, other))
    across = math.radians((other.longitude_e6 - one.longitude_e6) / 1e6)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(across / 2) ** 2
    return round(2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half))))


class Norm(msgspec.Struct, frozen=True):
    """What is usual: the median of ``count`` claims, and the median distance from it (MAD)."""

    median: float
    mad: float
    count: int


class Share(msgspec.Struct, frozen=True):
    """How many of somebody's claims have a mark, and how many of a hundred have it in the whole network."""

    marked: int
    count: int
    usual_percent: float | None = None

    @property
    def percent(self) -> float:
        """The share in percent."""
        return 100 * self.marked / self.count if self.count else 0.0


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A reading of the same unit at another site; ``metres`` where both positions are known."""

    hours_apart: int
    same_city: bool
    metres: int | None = None


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier claim on the same unit that was not refused."""

    claim_number: int
    days_before: int
    same_fault: bool
    same_partner: bool


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """The way between this visit and the technician's visit next to it in time, at another site."""

    minutes: int
    same_city: bool
    metres: int | None = None


class Alike(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of another unit that looks the same: in how many bits of 64 the prints of either kind differ."""

    photo_id: UUID
    claim_number: int | None = None
    difference_bits: int | None = None
    frequency_bits: int | None = None
    mirrored: bool = False
    label_of_same_model: bool = False


class PhotoSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of the visit; ``minutes_outside`` is how long before or after the visit it was taken, 0 within it."""

    id: UUID
    kind: str
    minutes_outside: int | None = None
    from_gallery: bool = False
    metres_from_site: int | None = None
    alike: tuple[Alike, ...] = ()


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """An old part that is to come back: overdue, or back and not the one that was to come."""

    part: str
    days_overdue: int = 0
    mismatch: Literal["", "serial", "weight"] = ""


class ScoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a claim is scored by. Shares and weeks are the technician's; days are the site's.

    ``week`` counts the claims of seven days up to this one, ``own_week`` is the mean of the twelve weeks before it and
    ``usual_week`` the network's median; ``day_minutes`` is all labour and travel of the technician on this day.
    ``neighbours`` are units of this partner's other claims whose serial is up to ten away, at other customers.
    ``parts_claimed`` are pieces that the cover pays and no pre-authorisation allowed; ``parts_by_contract`` says that
    it is maintenance under the customer's contract. ``asked_minor`` is the sum of the lines that were not refused.
    ``travel_usual`` is of this partner in this city. ``trips_that_day`` are other claims that bill travel to the same
    site on the same day.
    """

    on: dt.date
    on_site_minutes: int | None = None
    labour_minutes: int = 0
    travel_minutes: int = 0
    parts_minor: int = 0
    parts_claimed: int = 0
    parts_by_contract: bool = False
    fault_found: bool | None = None
    asked_minor: int = 0
    two_people_over_minor: int | None = None
    lines_struck_late: int = 0
    days_of_cover_left: int | None = None
    at_cap: bool = False
    no_fault_found: bool = False
    week: int = 0
    own_week: float | None = None
    usual_week: Norm | None = None
    day_visits: int = 0
    day_minutes: int = 0
    neighbours: int = 0
    scans: Share | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    labour_usual: Norm | None = None
    parts_usual: Norm | None = None
    travel_usual: Norm | None = None
    caps: Share | None = None
    no_faults: Share | None = None
    ends_of_cover: Share | None = None
    earlier: tuple[Earlier, ...] = ()
    legs: tuple[Leg, ...] = ()
    trips_that_day: int = 0
    photos: tuple[PhotoSeen, ...] = ()
    scan_metres_from_site: int | None = None
    customer_denies: bool = False
    customer_disputes: bool = False
    contact_is_the_partners: bool = False
    customers_of_contact: int = 0
    partners_of_technician: int = 0
    returned: tuple[Returned, ...] = ()


class Points(msgspec.Struct, frozen=True):
    """What a scored rule found: points, a word that stays, a sentence, and what it is made of."""

    points: int
    reason: str
    sentence: str
    inputs: dict[str, Any]


class ScoreHit(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with the rule that made it, as it is stored."""

    rule: str
    version: int
    points: int
    reason: str
    sentence: str
    inputs: dict[str, Any]


class ClaimScore(msgspec.Struct, frozen=True, kw_only=True):
    """The points of a claim with their reasons, and the version of the table of rules that gave them."""

    points: int
    version: int
    findings: tuple[ScoreHit, ...] = ()
