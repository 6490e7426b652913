"""How often somebody may ask for what is not there: counted in memory, for a look that finds nothing writes nothing."""

import time
from collections import Counter
from dataclasses import dataclass, field

from api.callers import neighbourhood
from domain.kit.problem import TooMany

addresses_max = 20_000


@dataclass(slots=True)
class Misses:
    """Looks that found nothing, by the address they came from; each process counts its own.

    What is found is never counted, so that nobody is kept from a genuine report by others behind the same address.
    """

    limit: int
    seconds: int
    _window: int = 0
    _counts: Counter[str] = field(default_factory=Counter)

    def refuse_beyond(self, address: str) -> None:
        """Raise TooMany once an address has found nothing too often."""
        now = time.monotonic()
        if self._counts_of(now)[neighbourhood(address)] >= self.limit:
            wait = int((self._window + 1) * self.seconds - now) + 1
            raise TooMany("Too many tries; wait and try again.", retry_after=wait)

    def count(self, address: str) -> None:
        """Count a look that found nothing."""
        counts, known = self._counts_of(time.monotonic()), neighbourhood(address)
        if known in counts or len(counts) < addresses_max:
            counts[known] += 1

    def _counts_of(self, now: float) -> Counter[str]:
        window = int(now // self.seconds)
        if window != self._window:
            self._window, self._counts = window, Counter()
        return self._counts
