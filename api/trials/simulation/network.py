"""The network between phones and server: whatever is sent may arrive late, twice, cut off, out of order or never."""

from dataclasses import dataclass, field

from api.trials.simulation.faults import Faults
from api.trials.simulation.phone import Asked, Phone

PORTAL = b"<html><body>Welcome to the hotel's network</body></html>"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request on its way up, or its answer on the way down (``status`` and ``answer``); ``no`` tells them apart."""

    no: int
    phone: Phone
    asked: Asked
    status: int = 0
    answer: bytes | None = None


@dataclass(slots=True)
class Network:
    """Everything under way."""

    faults: Faults
    under_way: list[Parcel] = field(default_factory=list)
    sent: int = 0

    def send(self, phone: Phone, asked: Asked) -> Parcel | None:
        """Take a request of a phone, which waits for its answer from now on; None when it is lost."""
        self.sent += 1
        phone.asked[self.sent] = asked
        parcel = Parcel(self.sent, phone, asked)
        if self.faults.strike("drop request"):
            return None
        self.under_way.append(parcel)
        if self.faults.strike("duplicate request"):
            self.under_way.append(parcel)
        return parcel

    def answer(self, parcel: Parcel, status: int, answer: bytes) -> None:
        """Take the server's answer to a request."""
        if self.faults.strike("drop answer"):
            return
        if self.faults.strike("truncate answer"):
            answer = answer[: len(answer) // 2]
        if self.faults.strike("captive portal"):
            answer = PORTAL
        self.under_way.append(Parcel(parcel.no, parcel.phone, parcel.asked, status, answer))

    def next(self) -> Parcel:
        """Return what arrives next: the oldest, or any."""
        place = 0
        if len(self.under_way) > 1 and self.faults.strike("reorder"):
            place = self.faults.rng.randrange(1, len(self.under_way))
        return self.under_way.pop(place)
