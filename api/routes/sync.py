"""The phones' side of the contract: pull, push, enrol anew, hand in what a revoked phone still holds."""

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from api.compression import unpack
from api.observed import OPERATIONS, SYNCS
from api.operation import PUBLIC, Call, Reply, decode, operation
from domain.jobs import steps
from domain.kit.actor import SYSTEM
from domain.kit.problem import NotAllowed, NotSignedIn, TooMany
from domain.kit.work import Work, utc_now
from domain.people import sessions
from domain.people.access import FIELD
from domain.people.sessions import Tokens
from mobile_sync.contract import HandIn, Pulled, Push, Pushed, queued_operation
from mobile_sync.enrol import enrol, hand_in
from mobile_sync.operations import whole_characters
from mobile_sync.protocol import (
    Acked,
    Cursor,
    EnrolRequest,
    FeedsAsked,
    HandedIn,
    HandInRequest,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    push_bytes_max,
)
from mobile_sync.pull import pull
from mobile_sync.push import push

TAG = "sync"
HEADERS = {"fieldstone-protocol": "1"}
"""By this a phone knows our answer from that of a hotel's network, which answers everything with 200."""
ENROLMENTS_MAX = 20
HAND_INS_MAX = 100
A_DAY = dt.timedelta(days=1)
_DEVICE, _OP = UUID("0198c5b0-0000-7000-8000-000000000001"), UUID("0198c5b0-0000-7000-8000-000000000002")
_AT = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def _counted_pull(answer: PullAnswer) -> PullAnswer:
    SYNCS.labels("pull", answer.status).inc()
    for feed in answer.feeds.values():
        if feed.reset:
            SYNCS.labels("pull", "reset").inc()
    return answer


def _counted_push(answer: PushAnswer) -> PushAnswer:
    SYNCS.labels("push", answer.status).inc()
    for result in answer.results:
        OPERATIONS.labels("replayed" if result.replayed else result.status).inc()
    return answer


def _said(answer: Any) -> Reply:
    return Reply(msgspec.json.encode(answer), headers=HEADERS)


async def _sent(call: Call) -> bytes:
    coding = call.request.headers.get("content-encoding", "")
    return whole_characters(unpack(await call.content(), coding, push_bytes_max))


@operation(
    "POST",
    "/sync/pull",
    tag=TAG,
    by=FIELD,
    body=PullRequest,
    answer=Pulled,
    problems=(NotAllowed,),
    example=PullRequest(_DEVICE, "1.0", 1, _AT, Acked(), FeedsAsked(me=Cursor())),
)
async def sync_pull(call: Call) -> object:
    """Read what changed in a phone's feeds.

    Whole rows from the cursors on, with what left the phone's scope. ``more`` says to ask again at once; ``reset`` to
    drop first what is held of that feed. ``last_seq`` is read at the same moment as the rows.
    """
    request = await call.body(PullRequest)
    return _said(_counted_pull(await pull(call.context.database, call.actor, request, now=utc_now())))


@operation(
    "POST",
    "/sync/push",
    tag=TAG,
    by=FIELD,
    body=Push,
    body_bytes_max=push_bytes_max,
    answer=Pushed,
    problems=(NotAllowed,),
    example=Push(
        device=_DEVICE,
        app="1.0",
        sent_at=_AT,
        boot="b1",
        acked=Acked(),
        ops=(
            queued_operation(
                steps.StartTravel(visit_id=_DEVICE, at=_AT), op=_OP, seq=1, v=1, at=_AT, job=_DEVICE, boot="b1", mono=5
            ),
        ),
        mono=905,
    ),
)
async def sync_push(call: Call) -> object:
    """Hand in queued operations; each is carried out once, in order.

    The body of an operation is what HTTP takes for the same command. Repeating an operation gets the first answer. At
    most 200 operations, 32 KiB each, 256 KiB in all, also when sent with Content-Encoding gzip or br.
    """
    request = decode(await _sent(call), PushRequest)
    context = call.context
    answer = await push(context.database, context.queue, call.actor, request, now=utc_now(), register=context.register)
    return _said(_counted_push(answer))


@operation(
    "POST",
    "/sync/enrol",
    tag=TAG,
    by=FIELD,
    body=EnrolRequest,
    answer=Tokens,
    problems=(sessions.DeviceOfSomebodyElse, sessions.SessionEnded, TooMany),
    example=EnrolRequest(_DEVICE, "Ann's phone", "1.0"),
)
async def sync_enrol(call: Call) -> object:
    """Give this phone a new id, with a session of its own.

    After rewound, forked or unknown_device: the phone makes a new id, numbers everything it retains from 1 and sends it
    again; what was taken already is answered as before.
    """
    request = await call.body(EnrolRequest)
    actor, key = call.actor, call.context.session_key

    async def body(work: Work) -> Tokens:
        await sessions.spend(work.db, f"enrol:{actor.account_id}", work.now, limit=ENROLMENTS_MAX, window=A_DAY)
        return await enrol(work, actor, request, key)

    await call.write(lambda work: work.flush())  # confirms that the session still stands
    return _said(await call.write(body, actor=SYSTEM))


@operation(
    "POST",
    "/sync/quarantine",
    tag=TAG,
    by=PUBLIC,
    body=HandIn,
    body_bytes_max=push_bytes_max,
    answer=HandedIn,
    problems=(NotSignedIn, TooMany),
    example=HandIn("a-refresh-token-of-102-characters", _DEVICE, ()),
)
async def sync_quarantine(call: Call) -> object:
    """Hand in what a phone that was shut out still holds.

    It is kept as it is for the office to look at, for thirty days after the phone or its account was shut out. Nothing
    else is answered.
    """
    request = decode(await _sent(call), HandInRequest)

    async def body(work: Work) -> int:
        await sessions.spend(work.db, f"hand-in:{request.device}", work.now, limit=HAND_INS_MAX, window=A_DAY)
        return await hand_in(work, request, call.context.session_key)

    return _said(HandedIn(await call.write(body, actor=SYSTEM)))
