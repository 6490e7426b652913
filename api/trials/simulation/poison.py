"""Operations at which the server fails: for ever, a few times, or because something else is in the way for a while."""

from typing import Any
from uuid import UUID

from api.trials.simulation.faults import Faults
from domain.kit.problem import Busy
from domain.kit.work import Work


class ServersOwnFault(RuntimeError):
    """What no programmer expected."""


class ServersOtherFault(ServersOwnFault):
    """What no programmer expected either: half of the poison fails now in this way, now in the other."""


class Poison:
    """Chooses operations when they are recorded, and fails when they are carried out."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.for_ever: set[UUID] = set()
        self.failures = 0
        self.some_times: dict[UUID, int] = {}
        self.in_the_way: dict[UUID, int] = {}

    def choose(self, op: UUID) -> None:
        """Decide what will happen to an operation."""
        rng = self.faults.rng
        if self.faults.strike("poison"):
            self.for_ever.add(op)
        elif self.faults.strike("flaky"):
            self.some_times[op] = rng.randrange(1, 5)
        elif self.faults.strike("transient"):
            self.in_the_way[op] = rng.randrange(1, 7)

    def spoil(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return the operation, or one that no server can read, or that only a later one understands."""
        if self.faults.strike("unreadable"):
            return said | self.faults.rng.choice(({"v": 0}, {"body": {"visit_id": "nonsense"}}, {"at": "yesterday"}))
        if self.faults.strike("unknown kind"):
            return said | {"t": "thing.newer", "body": {"what": "ever"}}
        return said

    async def before(self, work: Work) -> None:
        """Fail at an operation that was chosen."""
        op = work.op_id
        if op in self.for_ever:
            self.failures += 1
            raise (ServersOwnFault, ServersOtherFault)[op.int % 2 * self.failures % 2](f"failure {self.failures}")
        if self.some_times.get(op, 0) > 0:
            self.some_times[op] -= 1
            raise ServersOwnFault("now and then")
        if self.in_the_way.get(op, 0) > 0:
            self.in_the_way[op] -= 1
            raise Busy("The same record is being changed by others right now.", retry_after=1)
