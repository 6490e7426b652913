"""What goes wrong: each schedule draws which faults it has and how often, so that some meet that seldom do."""

import random
from collections import Counter
from dataclasses import dataclass, field

OFTEN = {
    "drop request": 0.15,
    "duplicate request": 0.15,
    "reorder": 0.4,
    "drop answer": 0.15,
    "truncate answer": 0.05,
    "captive portal": 0.05,
    "time-out": 0.15,
    "server killed": 0.1,
    "phone crash": 0.08,
    "crash between transactions": 0.08,
    "lost before saving": 0.05,
    "pipelined push": 0.4,
    "poison": 0.06,
    "flaky": 0.06,
    "transient": 0.08,
    "unreadable": 0.03,
    "tampered": 0.03,
    "unknown kind": 0.03,
}
"""How likely each fault is, at every chance it gets, in a schedule that has it."""
MOVES = {
    "reassign": 1.4,
    "cancel": 0.6,
    "reschedule": 0.7,
    "clone": 0.5,
    "revoke": 0.25,
    "disable": 0.25,
    "restore": 1.3,
    "wrong clock": 0.6,
    "app changed": 0.6,
    "server changed": 0.6,
    "days pass": 0.4,
}
"""How much weight each disturbance has among the steps of a schedule that has it."""
PAGES = (1, 1, 2, 2, 3, 50, 500)


@dataclass(slots=True)
class Faults:
    """The faults of one schedule, and how often each struck."""

    rng: random.Random
    rates: dict[str, float]
    weights: dict[str, float]
    page: int
    struck: Counter[str] = field(default_factory=Counter)
    stopped: bool = False

    @classmethod
    def draw(cls, rng: random.Random, certain: tuple[str, ...] = (), page: int | None = None) -> "Faults":
        """Draw what this schedule has to suffer; what is ``certain`` it has in any case, and often."""
        rates = {name: rate * rng.uniform(0.3, 1.5) for name, rate in OFTEN.items() if rng.random() < 0.5}
        weights = {name: weight * rng.uniform(0.3, 2.0) for name, weight in MOVES.items() if rng.random() < 0.6}
        drawn = rng.choice(PAGES)
        rates |= {name: 2 * OFTEN[name] for name in certain if name in OFTEN}
        weights |= {name: 2 * MOVES[name] for name in certain if name in MOVES}
        return cls(rng, rates, weights, page or drawn)

    def strike(self, name: str) -> bool:
        """Decide whether a fault strikes now, and count it."""
        if self.stopped or self.rng.random() >= self.rates.get(name, 0.0):
            return False
        self.struck[name] += 1
        return True
