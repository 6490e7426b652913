"""D6, D12, D13: what a visit shows is nowhere else: its components, its technician, its photos."""

from collections import Counter

import msgspec

from domain.claims.facts import ClaimFacts
from domain.claims.findings import UNDER_CHECK, Finding


def components_in_one_place(facts: ClaimFacts) -> Finding | None:
    """D6: no component that was fitted sits in another unit, or was fitted by another claim or twice by this one."""
    if facts.elsewhere is None:
        return None
    fitted = Counter(part.serial for part in facts.sheet.parts if part.serial)
    twice = sorted(serial for serial, count in fitted.items() if count > 1)
    if not facts.elsewhere.components and not twice:
        return None
    inputs = {"components": [msgspec.to_builtins(one) for one in facts.elsewhere.components], "twice": twice}
    return Finding("component-elsewhere", UNDER_CHECK, inputs=inputs)


def technician_in_one_place(facts: ClaimFacts) -> Finding | None:
    """D12: the technician was at no other site during the visit; pauses are no presence."""
    if facts.elsewhere is None or not facts.elsewhere.visits:
        return None
    inputs = {"visits": [msgspec.to_builtins(one) for one in facts.elsewhere.visits]}
    return Finding("in-two-places", UNDER_CHECK, at_most_review=True, inputs=inputs)


def photos_of_this_job(facts: ClaimFacts) -> Finding | None:
    """D13: no photo of the visit is a photo of another job; an earlier visit of the same job may have it."""
    if facts.elsewhere is None or not facts.elsewhere.photos:
        return None
    inputs = {"photos": [msgspec.to_builtins(one) for one in facts.elsewhere.photos]}
    return Finding("photo-reused", UNDER_CHECK, inputs=inputs)
