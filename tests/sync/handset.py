"""A small phone for tests: it numbers what it records, pushes over HTTP, and pulls."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from domain.kit.ids import new_id
from domain.kit.work import utc_now
from tests.cast import Caller, actor_of

ZERO = {"pos": 0, "head": 0, "tag": ""}


@dataclass(slots=True)
class Handset:
    """The phone a technician is signed in on."""

    caller: Caller
    device: UUID
    seq: int = 0
    acked: dict[str, Any] = field(default_factory=lambda: {"seq": 0, "op": None})
    ahead: dt.timedelta = dt.timedelta()

    def record(self, tag: str, body: dict[str, Any], **given: Any) -> dict[str, Any]:
        """Queue a command; ``given`` are the envelope's other fields."""
        self.seq += 1
        at = (utc_now() + self.ahead).isoformat()
        return {"op": str(new_id()), "seq": self.seq, "t": tag, "v": 1, "at": at, "body": body, **given}

    def envelope(self, *ops: Any, **given: Any) -> dict[str, Any]:
        """What a push of these operations says; ``given`` are its other fields."""
        sent_at = (utc_now() + self.ahead).isoformat()
        said = {"device": str(self.device), "app": "1.0", "sent_at": sent_at, "boot": "b1", "acked": self.acked}
        return {**said, "ops": ops, **given}

    async def send(self, *ops: Any, **given: Any) -> httpx.Response:
        """Push operations; returns whatever is answered."""
        envelope = self.envelope(*ops, **given)
        return await self.caller.http.post("/sync/push", json=envelope, headers=self.caller.headers)

    async def push(self, *ops: Any, **given: Any) -> dict[str, Any]:
        """Push operations; returns the answer, which must be one."""
        response = await self.send(*ops, **given)
        assert response.status_code == 200, response.text
        assert response.headers["fieldstone-protocol"] == "1"
        answer: dict[str, Any] = response.json()
        return answer

    async def fates(self, *ops: Any, **given: Any) -> list[tuple[str, str | None]]:
        """Push operations and return status and reason of each, in order."""
        return [(one["status"], one.get("reason")) for one in (await self.push(*ops, **given))["results"]]

    async def pull(self, limit: int = 500, acked: dict[str, Any] | None = None, **feeds: Any) -> dict[str, Any]:
        """Pull feeds from their cursors: ``me`` from the beginning unless told."""
        asked = feeds or {"me": ZERO}
        body = {
            "device": str(self.device),
            "app": "1.0",
            "schema": 1,
            "sent_at": utc_now().isoformat(),
            "acked": acked or self.acked,
            "feeds": asked,
            "limit": limit,
        }
        response = await self.caller.http.post("/sync/pull", json=body, headers=self.caller.headers)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def travel(self, visit_id: UUID, **given: Any) -> dict[str, Any]:
        """Queue that the technician sets out."""
        return self.record("visit.travel", {"visit_id": str(visit_id), "at": utc_now().isoformat()}, **given)

    def step(self, step: str, visit_id: UUID, **given: Any) -> dict[str, Any]:
        """Queue another step of a visit."""
        return self.record(f"visit.{step}", {"visit_id": str(visit_id), "at": utc_now().isoformat(), **given})

    def minutes(self, visit_id: UUID, minutes: int = 30, **given: Any) -> dict[str, Any]:
        """Queue minutes of travel."""
        return self.record("time.log", {"visit_id": str(visit_id), "kind": "travel", "minutes": minutes}, **given)


def handset(caller: Caller) -> Handset:
    """The phone somebody of the cast is signed in on."""
    device_id = actor_of(caller).device_id
    assert device_id is not None
    return Handset(caller, device_id)
