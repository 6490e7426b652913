"""Frauds that only their circumstances tell."""

from collections.abc import Callable, Sequence

from api.trials.year.world import Story, World

PATTERNS: dict[str, Callable[[World, Sequence[Story], int], list[Story]]] = {}
