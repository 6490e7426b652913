"""How often somebody may ask for what is not there: counted in memory, for a look that finds nothing writes nothing."""

import ipaddress
import time
from collections import Counter
from dataclasses import dataclass, field

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
        if self._counts_of(now)[_neighbourhood(address)] >= self.limit:
            wait = int((self._window + 1) * self.seconds - now) + 1
            raise TooMany("Too many tries; wait and try again.", retry_after=wait)

    def count(self, address: str) -> None:
        """Count a look that found nothing."""
        counts, known = self._counts_of(time.monotonic()), _neighbourhood(address)
        if known in counts or len(counts) < addresses_max:
            counts[known] += 1

    def _counts_of(self, now: float) -> Counter[str]:
        window = int(now // self.seconds)
        if window != self._window:
            self._window, self._counts = window, Counter()
        return self._counts


def _neighbourhood(address: str) -> str:
    """Return an IPv4 address as it is, and of an IPv6 address the part that a subscriber cannot change at will."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return address if read.version == 4 else str(ipaddress.ip_network((read, 64), strict=False))
