"""What the simulation's referee calls a violation: alarms that a good product never rings, rung here by hand."""

import datetime as dt
import random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from api.trials.simulation.invariants import TRIES_MAX, Recorded, Referee
from api.trials.simulation.phone import Asked, Held, Phone, Queued, Storage
from api.trials.simulation.rest import AtRest
from api.trials.simulation.server import Reply
from api.trials.simulation.trace import Trace
from mobile_sync.protocol import PushAnswer, Result

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
OP = UUID("0198c5b0-0000-7000-8000-000000000001")


@pytest.fixture
def referee() -> Referee:
    return Referee(None, Trace())


@pytest.fixture
def phone() -> Phone:
    return Phone("ann's phone", "ann@test", Storage(uuid4()), random.Random(1))


def answered(status: Any, reason: str | None = None, answer: bytes = b"{}") -> PushAnswer:
    return PushAnswer(NOW, 1, "ok", [Result(OP, 1, status, reason, answer=answer)])


def violated(referee: Referee) -> list[str]:
    """The numbers of what was violated."""
    return [line.split("VIOLATION")[1].split(":")[0].strip() for line in referee.violations]


def test_a_fate_that_changes_is_called(referee: Referee) -> None:
    for answer in (answered("applied"), answered("applied")):
        referee._watch_push(answer)
    assert violated(referee) == []
    referee._watch_push(answered("rejected", "not-allowed"))
    assert violated(referee) == ["I3"]


def test_a_mismatch_is_called_unless_somebody_changed_the_operation(referee: Referee) -> None:
    referee.tampered.add(OP)
    referee._watch_push(answered("mismatch"))
    assert violated(referee) == []
    referee.tampered.clear()
    referee._watch_push(answered("mismatch"))
    assert violated(referee) == ["I3"]


def test_an_operation_that_breaks_the_server_again_and_again_is_called(referee: Referee) -> None:
    for _ in range(TRIES_MAX):
        referee._watch_push(answered("retry", "server-error"))
        referee._watch_push(answered("retry", "busy"))
    assert violated(referee) == []
    referee._watch_push(answered("retry", "server-error"))
    assert violated(referee) == ["I11"]


@pytest.mark.parametrize(("path", "status", "called"), [("push", 200, []), ("push", 401, []), ("push", 500, ["I14"])])
async def test_a_push_that_is_refused_is_called(
    referee: Referee, phone: Phone, path: str, status: int, called: list[str]
) -> None:
    await referee.watch(phone, Asked(path, uuid4(), {}, None, b""), Reply(status, b""))
    assert violated(referee) == called


@pytest.mark.parametrize(
    ("coverage", "called"),
    [
        ({"word": "covered"}, []),
        ({"word": "under_check"}, []),
        ({"word": "not_covered"}, ["I6"]),
        ({"word": "covered", "until": "2027-01-10"}, ["I6"]),
        ({"word": "covered", "parts": True}, ["I6"]),
    ],
)
def test_a_partner_that_is_told_the_terms_is_called(
    referee: Referee, phone: Phone, coverage: dict[str, Any], called: list[str]
) -> None:
    row = msgspec.defstruct("Row", [("k", str), ("d", dict[str, Any])])
    referee._watch_coverage(phone, [row("visit", {}), row("job", {"coverage": coverage})])
    assert violated(referee) == called


def test_a_line_that_is_twice_on_the_screen_or_not_at_all_is_called(referee: Referee, phone: Phone) -> None:
    visit_id = uuid4()
    phone.storage.base["visit", visit_id] = Held(1, {"readings": []})
    queued = Queued(OP, 1, {"t": "reading.record"}, visit_id, result="applied", in_overlay=True)
    phone.storage.ops.append(queued)
    referee.look_at(phone)
    assert violated(referee) == []
    queued.in_overlay = False
    referee.look_at(phone)
    assert violated(referee) == ["I13"]


def test_what_was_carried_out_in_another_order_is_called(referee: Referee) -> None:
    first, second = uuid4(), uuid4()
    for order, op in enumerate((first, second)):
        referee.recorded[op] = Recorded(op, "ann's phone", order, "reading")
    rest = AtRest(referee, None, None, NOW)
    earlier, later = {"applied_at": NOW, "seq": 1}, {"applied_at": NOW, "seq": 2}
    rest._in_order({first: earlier, second: later})
    assert violated(referee) == []
    rest._in_order({first: later, second: earlier})
    assert violated(referee) == ["I4"]
    referee.orderless.add("ann's phone")
    rest._in_order({first: later, second: earlier})
    assert violated(referee) == ["I4"]
