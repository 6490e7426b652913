"""What a measure comes to: a line of the scoreboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FAILURES_TOLD = 20
Sizes = Mapping[str, int]
"""How much of everything a measure is to do, by the names in its module's ``SIZES``."""


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table; ``failures`` say what went wrong, ``figures`` go to the JSON only."""

    measure: str
    target: str
    result: str
    passed: bool
    seconds: float = 0.0
    failures: Sequence[str] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)


def judged(
    measure: str, target: str, result: str, failures: Sequence[str], *, enough: bool = True, **figures: Any
) -> Result:
    """Return a result that passed if nothing failed and enough was tried."""
    return Result(measure, target, result, enough and not failures, 0.0, list(failures[:FAILURES_TOLD]), figures)
