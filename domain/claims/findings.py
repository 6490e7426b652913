"""What a rule finds, and the words that a partner may hear instead of what is known."""

from dataclasses import dataclass, field
from typing import Any

ASK_THE_OFFICE = "ask-the-office"
UNDER_CHECK = "under-check"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. ``told`` is for the partner; ``at_most_review`` where the facts are not hard enough."""

    reason: str
    told: str
    at_most_review: bool = False
    inputs: dict[str, Any] = field(default_factory=dict)
