"""Rules switched off, from outside: the product has no switches, so its functions are replaced while a sabotage lasts.

Each shows what a rule is for, and that the referee would notice if it were gone. Only the simulation does this.
"""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import msgspec

import api.trials.simulation.server as served
import domain.kit.work as kernel
import mobile_sync.pull as pulling
import mobile_sync.push as pushing
from domain.jobs.actions import NotYourJob
from domain.jobs.visits import JobCancelled, JobReassigned, NotYourVisit
from domain.kit.database import snapshot
from domain.kit.feeds import Changes
from domain.kit.journal import Entry, Stamp, write_entry
from domain.kit.read import driver_of
from domain.kit.work import Work, execute, transact
from mobile_sync.operations import Queued, command_from
from mobile_sync.protocol import Acked, Cursor, Operation, PullAnswer, PullRequest, PushRequest, Result
from mobile_sync.pull import pull
from mobile_sync.push import Known, Pushing, Taken, push


@contextmanager
def replaced(*places: tuple[Any, str, Any]) -> Iterator[None]:
    """Put other things in the places of names, and put the first ones back."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, thing in places:
        setattr(owner, name, thing)
    try:
        yield
    finally:
        for owner, name, thing in before:
            setattr(owner, name, thing)


def _discard_work() -> AbstractContextManager[None]:
    gone = (JobReassigned, JobCancelled, NotYourVisit, NotYourJob)
    return replaced(*((problem, "queued", "rejected") for problem in gone))


def _no_removed() -> AbstractContextManager[None]:
    remove = Changes.remove

    def forgetful(self: Changes, technician_id: UUID, partner_id: UUID | None, kind: str, row: UUID, why: str) -> None:
        if why != "reassigned":
            remove(self, technician_id, partner_id, kind, row, why)

    return replaced((Changes, "remove", forgetful))


def _no_dedupe() -> AbstractContextManager[None]:
    async def nothing_known(_: Any, __: Work, ___: Queued, ____: Known) -> None:
        return None

    async def no_earlier_entry(*_: Any) -> None:
        return None

    return replaced((Pushing, "_replayed", nothing_known), (kernel, "earlier_entry", no_earlier_entry))


def _two_transactions() -> AbstractContextManager[None]:
    entry_of = Pushing._entry_of

    async def apart(self: Pushing, work: Work, queued: Queued, operation: Operation, known: Known) -> Entry:
        """Carry the operation out and commit, forget its entry, and let the entry be written by what comes next."""
        if known.tries >= pushing.tries_max or operation.t not in self.register.by_tag:
            return await entry_of(self, work, queued, operation, known)
        try:
            command = command_from(operation.t, operation.v, bytes(operation.body), self.register)
        except Exception:
            return await entry_of(self, work, queued, operation, known)
        stamp = Stamp(self.request.device, queued.seq, operation.at, self.now)
        written: list[dict[str, Any]] = []

        async def keep_for_later(_: Any, **entry: Any) -> None:
            written.append(entry)

        async def effect(inner: Work) -> Entry:
            return await execute(inner, queued.op_id, command, queued.sent, self.register, stamp)

        with replaced((kernel, "write_entry", keep_for_later)):
            done = await transact(self.database, self.actor, effect, now=self.now, queue=self.queue)
        self.database.engine_of(self.actor)  # between the two there is time to die
        for entry in written:
            await write_entry(work.driver, **entry)
        return done

    return replaced((Pushing, "_entry_of", apart))


def _no_acked_check() -> AbstractContextManager[None]:
    def blind(serve: Any) -> Any:
        async def without(*given: Any, **more: Any) -> Any:
            said = [
                msgspec.structs.replace(one, acked=Acked()) if isinstance(one, PullRequest | PushRequest) else one
                for one in given
            ]
            return await serve(*said, **more)

        return without

    return replaced((served, "pull", blind(pull)), (served, "push", blind(push)))


def _no_lineage_tag() -> AbstractContextManager[None]:
    def continues(cursor: Cursor, state: pulling.FeedState) -> bool:
        return cursor.pos <= state.n and cursor.pos >= state.floor

    return replaced((pulling, "continues", continues))


_MARK_BELOW = "SELECT tag FROM feed_mark WHERE feed = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1"
_HEAD = "SELECT seq, tag FROM feed_mark WHERE feed = $1 ORDER BY seq DESC LIMIT 1"


def _mark_of_position() -> AbstractContextManager[None]:
    async def marked(database: Any, actor: Any, request: PullRequest, **more: Any) -> PullAnswer:
        """Let a cursor carry the mark at its position, and take it for valid as long as that mark is there."""
        cursor, feed = request.feeds.me, f"t:{actor.account_id}"
        async with snapshot(database, actor) as db:
            driver = driver_of(db)
            if cursor is not None and cursor.pos:
                below, head = await driver.fetchval(_MARK_BELOW, feed, cursor.pos), await driver.fetchrow(_HEAD, feed)
                if below is not None and pulling.mark_text(below) == cursor.tag and cursor.pos <= head["seq"]:
                    cursor = Cursor(cursor.pos, head["seq"], pulling.mark_text(head["tag"]))
        asked = msgspec.structs.replace(request, feeds=msgspec.structs.replace(request.feeds, me=cursor))
        answer = await pull(database, actor, asked, **more)
        if (told := answer.feeds.get("me")) is None:
            return answer
        async with snapshot(database, actor) as db:
            below = await driver_of(db).fetchval(_MARK_BELOW, feed, told.token.pos)
        token = msgspec.structs.replace(told.token, tag=pulling.mark_text(below))
        feeds = {**answer.feeds, "me": msgspec.structs.replace(told, token=token)}
        return msgspec.structs.replace(answer, feeds=feeds)

    return replaced((served, "pull", marked))


class _Careless(Pushing):
    """Takes operations as the product does, but for the rule that a subclass leaves out."""

    gaps, replays_advance = True, True

    async def _take_in_order(self, work: Work, waiting: list[Queued], taken: Taken) -> None:
        rows = await work.driver.fetch(pushing._KNOWN, [queued.op_id for queued in waiting])
        known = {row[0]: Known(*tuple(row)[1:]) for row in rows}
        for queued in waiting[: pushing.operations_per_commit]:
            if self.gaps and queued.seq > taken.last_seq + 1:
                taken.status = "gap"
                return
            replayed = result = await self._replayed(work, queued, known[queued.op_id])
            if result is None and queued.seq <= taken.last_seq:
                taken.status = "forked"
                return
            if result is None:
                result = await self._carried_out(work, queued, known[queued.op_id], taken)
            taken.results.append(result)
            if result.status == "retry":
                taken.status = "retry"
                return
            if replayed is None or self.replays_advance:
                taken.last_seq = max(taken.last_seq, queued.seq)
            if self._locks_unit(queued):
                return


class _WithoutGapCheck(_Careless):
    gaps = False


class _WithoutAdvance(_Careless):
    replays_advance = False


_BY_NUMBER = """
SELECT journal.outcome, body.answer FROM journal JOIN journal_body AS body ON body.op_id = journal.op_id
WHERE journal.device_id = $1 AND journal.seq = $2
"""


class _ByNumber(Pushing):
    async def _replayed(self, work: Work, queued: Queued, known: Known) -> Result | None:
        row = await work.driver.fetchrow(_BY_NUMBER, self.request.device, queued.seq)
        if row is None:
            return await Pushing._replayed(self, work, queued, known)
        entry = Entry(queued.op_id, row["outcome"], row["answer"], replayed=True)
        return pushing._result(queued, entry)


def _taking(careless: type[Pushing]) -> Callable[[], AbstractContextManager[None]]:
    return lambda: replaced((pushing, "Pushing", careless))


def _nothing() -> AbstractContextManager[None]:
    return replaced()


@dataclasses.dataclass(frozen=True, slots=True)
class Sabotage:
    """A rule that is switched off: on the server while ``install`` lasts, or on the phones.

    ``shown_by`` are faults without which nobody misses the rule: schedules under this sabotage have them.
    """

    words: str
    shown_by: tuple[str, ...] = ()
    install: Callable[[], AbstractContextManager[None]] = _nothing
    drops_acknowledged: bool = False
    page: int | None = None


FAIR = Sabotage("every rule holds")
SABOTAGES = {
    "discard-work": Sabotage(
        "work on reassigned and cancelled jobs is thrown away", ("reassign", "cancel"), _discard_work
    ),
    "no-removed": Sabotage("nothing leaves a phone when a job is reassigned", ("reassign",), _no_removed),
    "no-dedupe": Sabotage(
        "an operation that comes again is carried out again", ("drop answer", "duplicate request"), _no_dedupe
    ),
    "two-transactions": Sabotage(
        "effect and entry are committed one after the other", ("server killed",), _two_transactions
    ),
    "drop-acknowledged": Sabotage("phones keep nothing that was acknowledged", ("restore",), drops_acknowledged=True),
    "no-acked-check": Sabotage(
        "nobody asks whether what was acknowledged is known", ("restore", "clone"), _no_acked_check
    ),
    "no-lineage-tag": Sabotage(
        "a cursor counts whatever database it comes from", ("restore", "reassign"), _no_lineage_tag
    ),
    "replay-stays": Sabotage(
        "a repeated operation does not advance the number", ("restore", "clone"), _taking(_WithoutAdvance)
    ),
    "by-number": Sabotage("repeats are known by device and number, not by their ids", ("clone",), _taking(_ByNumber)),
    "mark-of-position": Sabotage(
        "a cursor carries the mark of its position, not of the head",
        ("restore", "reassign", "reschedule"),
        _mark_of_position,
        page=1,
    ),
    "no-gap-check": Sabotage(
        "operations are taken although earlier ones are missing",
        ("pipelined push", "reorder"),
        _taking(_WithoutGapCheck),
    ),
}
