"""Gathers what a claim is scored by, and writes down the measures that later claims are compared with."""

import datetime as dt
import re
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec

from domain.claims import histories
from domain.claims.facts import ClaimFacts
from domain.claims.score_facts import (
    Alike,
    Earlier,
    Elsewhere,
    Leg,
    Norm,
    PhotoSeen,
    Returned,
    ScoreFacts,
    Share,
    Spot,
    metres_between,
)
from domain.claims.scoring import cover_days_left_max

NIL = UUID(int=0)
"""Stands for every model and fault group."""
neighbour_steps = 10
_LAST_NUMBER = re.compile(r"^(.*?)(\d{3,15})(\D*)$")
Place = dict[str, Any]


def serials_beside(serial_key: str) -> tuple[str, str] | None:
    """Return the first and last serial that count as neighbours, or None for a serial without a number of 3 digits."""
    found = _LAST_NUMBER.match(serial_key)
    if found is None:
        return None
    stem, digits, rest = found.groups()
    low, high = max(0, int(digits) - neighbour_steps), min(10 ** len(digits) - 1, int(digits) + neighbour_steps)
    return f"{stem}{low:0{len(digits)}d}{rest}", f"{stem}{high:0{len(digits)}d}{rest}"


async def score_facts(driver: Any, own: Any, alike: dict[UUID, tuple[Alike, ...]]) -> ScoreFacts:
    """Return what the claim in ``own`` (a row of ``histories.OWN``) is scored by; its measures are stored before.

    ``alike`` are the photos of other machines that look like one of the visit's, by its id.
    """
    claim = msgspec.convert(own["facts"], ClaimFacts)
    on = claim.repaired_on
    labour = sum(time.minutes for time in claim.sheet.times if time.kind == "labour")
    travel = sum(time.minutes for time in claim.sheet.times if time.kind == "travel")
    left = None if claim.coverage.ends_on is None else (claim.coverage.ends_on - claim.failed_on).days
    group = min(claim.fault_groups, default=None)
    at_cap = _is_at_cap(claim)
    no_fault = bool(own["no_fault_found"])
    ending = left is not None and 0 <= left <= cover_days_left_max
    claim_id, parts = own["id"], own["parts_minor"]
    who = (claim_id, own["partner_id"], own["technician_id"], claim.unit_id, own["model_id"], group)
    where = (own["site_id"], own["city"], on)
    await driver.execute(histories.MEASURE, *who, *where, labour, travel, parts, at_cap, no_fault, ending)
    low, high = serials_beside(own["serial_key"]) or ("", "")
    beside = await driver.fetchrow(
        histories.BESIDE,
        claim_id,
        own["technician_id"],
        on,
        own["partner_id"],
        own["city"],
        own["site_id"],
        claim.unit_id,
        own["model_id"],
        group,
        low,
        high,
        own["customer_id"],
        own["completed_at"],
        own["job_id"],
        own["visit_id"],
        own["phone_digits"] or "",
        NIL,
    )
    mine = beside["technician"]
    norms = {one["what"]: Norm(one["median"], one["mad"], one["count"]) for one in beside["norms"]}
    site = _spot(own)
    return ScoreFacts(
        on=on,
        on_site_minutes=_on_site_minutes(own),
        labour_minutes=labour,
        travel_minutes=travel,
        parts_minor=parts,
        parts_claimed=_pieces(claim),
        parts_by_contract=own["kind"] == "maintain" and claim.coverage.source.startswith("contract:"),
        fault_found=own["fault_found"],
        asked_minor=own["asked_minor"],
        two_people_over_minor=claim.limits.two_people_over_minor,
        lines_struck_late=own["struck_late"],
        days_of_cover_left=left,
        at_cap=at_cap,
        no_fault_found=no_fault,
        week=mine["week"] + 1,
        own_week=_own_week(mine),
        usual_week=norms.get("week"),
        day_visits=mine["day_visits"] + 1,
        day_minutes=mine["day_minutes"] + labour + travel,
        neighbours=beside["neighbours"],
        scans=Share(**beside["scans"]),
        elsewhere=tuple(_elsewhere(one, own, site) for one in beside["elsewhere"]),
        labour_usual=norms.get("labour"),
        parts_usual=norms.get("parts"),
        travel_usual=Norm(**beside["travel_usual"]),
        caps=_share(mine, "caps", at_cap, norms),
        no_faults=_share(mine, "no_faults", no_fault, norms),
        ends_of_cover=_share(mine, "ends", ending, norms),
        earlier=tuple(Earlier(**one) for one in beside["earlier"]),
        legs=() if own["times_uncertain"] else tuple(_legs(own, beside["visits"], site)),
        trips_that_day=beside["trips_that_day"],
        photos=tuple(_photo(one, own, site, alike) for one in own["photos"]),
        scan_metres_from_site=max(_metres(own["scans"], site), default=None),
        customer_denies=own["customer_said"] == "did_not_happen",
        customer_disputes=own["customer_said"] == "wrong",
        contact_is_the_partners=beside["contact_is_the_partners"],
        customers_of_contact=beside["customers_of_contact"],
        partners_of_technician=beside["partners_of_technician"],
        returned=tuple(_returned(one) for one in beside["returned"]),
    )


def _pieces(claim: ClaimFacts) -> int:
    """Return how many pieces the cover would pay beyond those that a person allowed before."""
    asked: Counter[str] = Counter()
    for part in claim.sheet.parts:
        asked[part.number] += part.quantity if part.claimable and claim.coverage.parts else 0
    return (asked - Counter({part.number: part.quantity for part in claim.allowance.parts})).total()


def _is_at_cap(claim: ClaimFacts) -> bool:
    """Tell whether the labour of every operation is exactly what is allowed for it."""
    asked: dict[str, list[int]] = {}
    for time in claim.sheet.times:
        if time.kind == "labour" and time.operation is not None and time.standard_minutes:
            allowed = time.standard_minutes * claim.limits.labour_percent_max // 100
            one = asked.setdefault(time.operation, [0, allowed])
            one[0] += time.minutes
    return bool(asked) and all(minutes == allowed for minutes, allowed in asked.values())


def _on_site_minutes(own: Any) -> int | None:
    if own["times_uncertain"] or own["began_at"] is None:
        return None
    there: dt.timedelta = own["completed_at"] - own["began_at"]
    return max(0, round(there.total_seconds() / 60))


def _own_week(mine: dict[str, Any]) -> float | None:
    """Return the claims of an earlier week of the technician, once four such weeks are known."""
    days = mine["days"]
    if days is None or days < 28:
        return None
    return float(mine["before"] / (min(days, 84) / 7))


def _share(mine: dict[str, Any], what: str, this: bool, norms: dict[str, Norm]) -> Share:
    norm = norms.get(what)
    return Share(mine[what] + this, mine["count"] + 1, None if norm is None else norm.median)


def _elsewhere(one: Place, own: Any, site: Spot | None) -> Elsewhere:
    apart = abs((_moment(one["at"]) - own["completed_at"]).total_seconds())
    same = one["city"] == own["city"]
    return Elsewhere(hours_apart=round(apart / 3600), same_city=same, metres=metres_between(_spot(one), site))


def _legs(own: Any, visits: list[Place], site: Spot | None) -> list[Leg]:
    """Return the ways from the visit that ended last before this one, and to the one that began first after it."""
    if own["began_at"] is None:
        return []
    before = [
        (own["began_at"] - _moment(one["completed_at"]), one)
        for one in visits
        if _moment(one["completed_at"]) <= own["began_at"]
    ]
    after = [
        (_moment(one["began_at"]) - own["completed_at"], one)
        for one in visits
        if one["began_at"] is not None and _moment(one["began_at"]) >= own["completed_at"]
    ]
    nearest = [min(side, key=lambda pair: pair[0]) for side in (before, after) if side]
    return [
        Leg(
            minutes=round(gap.total_seconds() / 60),
            same_city=one["city"] == own["city"],
            metres=metres_between(_spot(one), site),
        )
        for gap, one in nearest
        if gap < dt.timedelta(hours=12)
    ]


def _photo(one: Place, own: Any, site: Spot | None, alike: dict[UUID, tuple[Alike, ...]]) -> PhotoSeen:
    photo_id = UUID(one["id"])
    return PhotoSeen(
        id=photo_id,
        kind=one["kind"],
        minutes_outside=None if own["times_uncertain"] else _minutes_outside(one["taken_at"], own),
        from_gallery=one["from_gallery"],
        metres_from_site=metres_between(_spot(one), site),
        alike=alike.get(photo_id, ()),
    )


def _minutes_outside(taken_at: str | None, own: Any) -> int | None:
    if taken_at is None or own["began_at"] is None:
        return None
    taken = _moment(taken_at)
    outside: dt.timedelta = max(own["began_at"] - taken, taken - own["completed_at"], dt.timedelta())
    return round(outside.total_seconds() / 60)


def _returned(one: dict[str, Any]) -> Returned:
    return Returned(part=one["part_number"], days_overdue=one["days_overdue"], mismatch=one["mismatch"])


def _metres(places: list[Place], site: Spot | None) -> list[int]:
    return [metres for one in places if (metres := metres_between(_spot(one), site)) is not None]


def _spot(row: Any) -> Spot | None:
    if row["latitude_e6"] is None or row["longitude_e6"] is None:
        return None
    return Spot(row["latitude_e6"], row["longitude_e6"])


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
