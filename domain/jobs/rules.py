"""What may happen to a visit, and what a phone's clock is worth. Pure: no clock, no database."""

import datetime as dt
from dataclasses import dataclass

clock_tolerance = dt.timedelta(minutes=5)
"""How far a phone's clock may be off before a moment counts as uncertain."""

_MOVES: dict[str, dict[str, str]] = {
    "planned": {
        "travel": "travelling",
        "arrive": "arrived",
        "start": "working",
        "abandon": "abandoned",
    },
    "travelling": {
        "travel": "superseded",
        "arrive": "arrived",
        "start": "working",
        "abandon": "abandoned",
    },
    "arrived": {
        "travel": "superseded",
        "arrive": "superseded",
        "start": "working",
        "abandon": "abandoned",
        "complete": "completed",
    },
    "working": {
        "travel": "superseded",
        "arrive": "superseded",
        "start": "superseded",
        "pause": "paused",
        "resume": "superseded",
        "abandon": "abandoned",
        "complete": "completed",
    },
    "paused": {
        "travel": "superseded",
        "arrive": "superseded",
        "start": "superseded",
        "pause": "superseded",
        "resume": "working",
        "abandon": "abandoned",
        "complete": "completed",
    },
    "completed": {
        "travel": "superseded",
        "arrive": "superseded",
        "start": "superseded",
        "pause": "superseded",
        "resume": "superseded",
        "complete": "superseded",
    },
    "abandoned": {
        "travel": "superseded",
        "arrive": "superseded",
        "start": "superseded",
        "pause": "superseded",
        "resume": "superseded",
        "abandon": "superseded",
    },
}
"""Legal moves. A technician may forget to press a button, so arriving and starting follow from any earlier state; what
is already past is superseded; what is not listed is impossible."""


def next_state(state: str, step: str) -> str:
    """Decide what a step makes of a visit: its next state, ``superseded`` when already past, or ``impossible``."""
    return _MOVES[state].get(step, "impossible")


@dataclass(frozen=True, slots=True)
class Reckoned:
    """When something happened, as far as can be known, and whether the phone's clock was trustworthy."""

    at: dt.datetime
    uncertain: bool


def reckon(
    said_at: dt.datetime, now: dt.datetime, client_at: dt.datetime | None, estimated_at: dt.datetime | None
) -> Reckoned:
    """Decide when a step happened that a phone says happened at ``said_at`` of its own clock.

    A push measures the phone's offset: the estimate minus the phone's time of the same operation. Without one (a plain
    request) only a moment in the future betrays a wrong clock. Nothing happened later than now.
    """
    offset = dt.timedelta()
    if client_at is not None and estimated_at is not None:
        offset = estimated_at - client_at
    happened = said_at + offset
    return Reckoned(min(happened, now), abs(offset) > clock_tolerance or happened > now + clock_tolerance)


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a technician was on a visit; ``until`` is None while the technician is still there."""

    since: dt.datetime
    until: dt.datetime | None


def overlap(one: Span, other: Span) -> bool:
    """Decide whether a technician would have been in two places; ending where the other begins is no overlap."""
    begins_before = other.until is None or one.since < other.until
    ends_after = one.until is None or other.since < one.until
    return begins_before and ends_after
