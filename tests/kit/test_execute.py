"""One command, once: the journal as idempotency record, reruns after a race, and what a refusal takes back."""

import asyncio
from uuid import UUID

import msgspec
import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.queue import PgQueue
from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.command import Done
from domain.kit.database import Database, sqlstate
from domain.kit.ids import new_id
from domain.kit.journal import Entry, canonical
from domain.kit.problem import Busy, InvalidRequest, NotFound, OperationIdReused, Problem, Stale, TooMany
from domain.kit.work import Work, begin, execute, keep, transact
from tests.conftest import rows
from tests.kit.probe import NameHeld, Put, Told, hold, insert, put, register_of, send

RIVALS = 40


async def names(owner: AsyncEngine) -> list[object]:
    return [name for (name,) in await rows(owner, "SELECT name FROM probe ORDER BY name")]


async def outcomes(owner: AsyncEngine) -> list[object]:
    return [outcome for (outcome,) in await rows(owner, "SELECT outcome FROM journal ORDER BY outcome")]


async def test_two_parallel_tries_of_one_operation_have_one_effect_and_one_replay(
    kit: Database, owner: AsyncEngine
) -> None:
    op_id = new_id()

    async def slow(work: Work, cmd: Put) -> Done:
        await asyncio.sleep(0.1)
        return await put(work, cmd)

    entries = await asyncio.gather(*(send(kit, slow, op_id=op_id) for _ in range(2)))
    assert sorted(entry.replayed for entry in entries) == [False, True]
    assert entries[0].answer == entries[1].answer
    assert await names(owner) == ["ash"]
    assert await outcomes(owner) == ["applied"]


async def test_the_same_operation_id_with_other_content_is_refused_and_changes_nothing(
    kit: Database, owner: AsyncEngine
) -> None:
    op_id = new_id()
    await send(kit, op_id=op_id, name="ash")
    before = await rows(owner, "SELECT * FROM journal")
    with pytest.raises(OperationIdReused):
        await send(kit, op_id=op_id, name="elm")
    assert await rows(owner, "SELECT * FROM journal") == before
    assert await names(owner) == ["ash"]


async def test_a_rejection_is_journaled_and_told_again_though_it_would_succeed_now(
    kit: Database, owner: AsyncEngine
) -> None:
    op_id = new_id()
    await send(kit, name="ash")
    first = await send(kit, op_id=op_id, name="ash")
    assert (first.outcome, first.reason, first.replayed) == ("rejected", "name-held", False)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM probe"))
    again = await send(kit, op_id=op_id, name="ash")
    assert again.replayed
    assert again.answer == first.answer
    assert msgspec.json.decode(first.answer) == {"code": "name-held", "detail": "ash is held.", "name": "ash"}
    assert await names(owner) == []


@pytest.mark.parametrize("problem", [Stale("read again"), Busy("busy"), TooMany("wait", retry_after=3)])
async def test_what_may_pass_is_never_journaled_and_the_same_id_succeeds_later(
    kit: Database, owner: AsyncEngine, problem: Problem
) -> None:
    op_id = new_id()

    async def not_now(work: Work, cmd: Put) -> Done:
        await insert(work, cmd.name)
        raise problem

    with pytest.raises(type(problem)):
        await send(kit, not_now, op_id=op_id)
    assert await outcomes(owner) == []
    assert await names(owner) == []
    entry = await send(kit, op_id=op_id)
    assert (entry.outcome, entry.replayed) == ("applied", False)


async def test_a_defect_is_never_journaled(kit: Database, owner: AsyncEngine) -> None:
    async def broken(work: Work, cmd: Put) -> Done:
        await insert(work, cmd.name)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await send(kit, broken)
    assert await outcomes(owner) == []
    assert await names(owner) == []


async def test_a_role_that_may_not_is_refused_in_the_journal_too(kit: Database, owner: AsyncEngine) -> None:
    entry = await send(kit, by=frozenset({Role.ADMIN}))
    assert (entry.outcome, entry.reason) == ("rejected", "not-allowed")
    assert await outcomes(owner) == ["rejected"]
    assert await names(owner) == []


async def test_entry_and_effect_are_rolled_back_together(kit: Database, owner: AsyncEngine) -> None:
    async def done_and_cut_off() -> None:
        async with begin(kit, SYSTEM) as work:
            await execute(work, new_id(), Put(name="ash"), b"{}", register_of(put))
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await done_and_cut_off()
    assert await names(owner) == []
    assert await outcomes(owner) == []
    assert await rows(owner, "SELECT * FROM journal_body") == []


async def test_what_follows_a_command_stands_and_falls_with_it(kit: Database, owner: AsyncEngine) -> None:
    async def also(work: Work, cmd: Put) -> None:
        await insert(work, f"{cmd.name}, too")

    async def refuse(work: Work, cmd: Put) -> None:
        raise NotFound("what should follow is gone")

    await send(kit, name="ash", then=(also,))
    assert await names(owner) == ["ash", "ash, too"]
    entry = await send(kit, name="elm", then=(also, refuse))
    assert entry.reason == "not-found"
    assert await names(owner) == ["ash", "ash, too"]


async def test_the_loser_of_a_race_is_told_by_the_rule_itself(kit: Database, owner: AsyncEngine) -> None:
    runs: dict[UUID, int] = {}

    async def look_wait_insert(work: Work, cmd: Put) -> Done:
        runs[work.op_id] = runs.get(work.op_id, 0) + 1
        if await hold(work, cmd.name):
            raise NameHeld("another was first")
        await asyncio.sleep(0.05)  # both have looked by now and see nobody
        await insert(work, cmd.name)
        return Done(Told(said="put"))

    first, second = await asyncio.gather(send(kit, look_wait_insert), send(kit, look_wait_insert))
    winner, loser = (first, second) if first.outcome == "applied" else (second, first)
    assert winner.outcome == "applied"
    assert (loser.outcome, loser.reason) == ("rejected", "name-held")
    assert (runs[winner.op_id], runs[loser.op_id]) == (1, 2)
    assert await names(owner) == ["ash"]


async def test_forty_raced_inserts_end_with_one_row_and_forty_answers(kit: Database, owner: AsyncEngine) -> None:
    async def look_wait_insert(work: Work, cmd: Put) -> Done:
        if await hold(work, cmd.name):
            return Done(Told(said="held"), outcome="applied_flagged")
        await asyncio.sleep(0.02)
        await insert(work, cmd.name)
        return Done(Told(said="put"))

    entries = await asyncio.gather(*(send(kit, look_wait_insert) for _ in range(RIVALS)))
    assert sorted(entry.outcome for entry in entries) == ["applied"] + ["applied_flagged"] * (RIVALS - 1)
    assert await names(owner) == ["ash"]
    assert await outcomes(owner) == ["applied"] + ["applied_flagged"] * (RIVALS - 1)


async def test_an_overlap_refused_by_an_exclusion_is_decided_again_too(kit: Database) -> None:
    runs = 0

    async def slot(work: Work, cmd: Put) -> Done:
        nonlocal runs
        runs += 1
        if runs == 2:
            return Done(Told(said="there is somebody in this slot"))
        await insert(work, "elm", "[1,5)")
        await insert(work, "oak", "[3,9)")
        raise AssertionError("the exclusion constraint should have refused this")

    entry = await send(kit, slot)
    assert msgspec.json.decode(entry.answer) == {"said": "there is somebody in this slot"}
    assert runs == 2


async def test_a_rule_that_does_not_see_its_rival_is_told_that_the_place_is_taken(
    kit: Database, owner: AsyncEngine
) -> None:
    runs = 0

    async def blind(work: Work, cmd: Put) -> Done:
        nonlocal runs
        runs += 1
        await insert(work, cmd.name)
        return Done(Told(said="put"))

    await send(kit, name="ash")
    entry = await send(kit, blind, name="ash")
    assert (entry.outcome, entry.reason, runs) == ("rejected", "already-taken", 2)
    assert await outcomes(owner) == ["applied", "rejected"]


async def test_a_broken_reference_is_a_defect_and_no_race(kit: Database) -> None:
    runs = 0

    async def orphan(work: Work, cmd: Put) -> Done:
        nonlocal runs
        runs += 1
        await work.db.execute(
            text("INSERT INTO probe_child VALUES (:id, :nobody)"), {"id": new_id(), "nobody": new_id()}
        )
        return Done(Told(said="put"))

    with pytest.raises(IntegrityError):
        await send(kit, orphan)
    assert runs == 1


async def test_a_refused_command_takes_its_feed_changes_back(kit: Database, owner: AsyncEngine) -> None:
    technician, job = new_id(), new_id()

    async def touch_then_refuse(work: Work, cmd: Put) -> Done:
        work.changes.touch(technician, None, "job", job)
        raise InvalidRequest("no")

    entry = await send(kit, touch_then_refuse)
    assert entry.outcome == "rejected"
    assert await rows(owner, "SELECT * FROM feed_entry") == []
    assert await rows(owner, "SELECT * FROM feed_counter") == []


async def test_only_the_run_that_counts_tells_the_feeds(kit: Database, owner: AsyncEngine) -> None:
    technician, first_guess, second_guess = new_id(), new_id(), new_id()

    async def touch(work: Work, cmd: Put) -> Done:
        if await hold(work, "elm"):
            work.changes.touch(technician, None, "job", second_guess)
            return Done(Told(said="held"))
        work.changes.touch(technician, None, "job", first_guess)
        await send(kit, name="elm")  # a rival commits in between
        await insert(work, "elm")
        return Done(Told(said="put"))

    await send(kit, touch)
    assert await rows(owner, "SELECT entity_id, seq FROM feed_entry") == [(second_guess, 1)]


async def test_a_command_before_a_refused_one_keeps_its_feed_changes(kit: Database, owner: AsyncEngine) -> None:
    technician, kept = new_id(), new_id()

    async def touch(work: Work, cmd: Put) -> Done:
        work.changes.touch(technician, None, "job", kept)
        return Done(Told(said="put"))

    async def refuse(work: Work, cmd: Put) -> Done:
        work.changes.remove(technician, None, "job", kept, "cancelled")
        raise InvalidRequest("no")

    async with begin(kit, SYSTEM) as work:
        for carry_out in (touch, refuse):
            await execute(work, new_id(), Put(name="ash"), b"{}", register_of(carry_out))
    assert await rows(owner, "SELECT entity_id, removed FROM feed_entry") == [(kept, None)]


async def test_an_operation_id_of_another_partner_is_refused_and_the_push_goes_on(
    kit: Database, owner: AsyncEngine
) -> None:
    north = Actor(new_id(), Role.TECHNICIAN, new_id())
    south = Actor(new_id(), Role.TECHNICIAN, new_id())
    op_id = new_id()
    await send(kit, op_id=op_id, actor=north, name="ash")
    async with begin(kit, south) as work:
        with pytest.raises(OperationIdReused):
            await execute(work, op_id, Put(name="elm"), b"{}", register_of(put))
        entry = await execute(work, new_id(), Put(name="oak"), b"{}", register_of(put))
    assert entry.outcome == "applied"
    assert await names(owner) == ["ash", "oak"]


async def test_a_refusal_under_an_operation_id_of_another_partner_stays_its_own(
    kit: Database, owner: AsyncEngine
) -> None:
    north = Actor(new_id(), Role.TECHNICIAN, new_id())
    south = Actor(new_id(), Role.TECHNICIAN, new_id())
    op_id = new_id()
    await send(kit, op_id=op_id, actor=north, name="ash")

    async def refuse(work: Work, cmd: Put) -> Done:
        raise InvalidRequest("no")

    async with begin(kit, south) as work:
        with pytest.raises(OperationIdReused):
            await execute(work, op_id, Put(name="elm"), b"{}", register_of(refuse))
        entry = await execute(work, new_id(), Put(name="oak"), b"{}", register_of(put))
    assert entry.outcome == "applied"
    assert await outcomes(owner) == ["applied", "applied"]


async def test_what_cannot_be_carried_out_is_kept_once(kit: Database, owner: AsyncEngine) -> None:
    op_id = new_id()
    first, again = [
        await transact(kit, SYSTEM, lambda work: keep(work, op_id, "probe.put", 9, b"{}", InvalidRequest("too new")))
        for _ in range(2)
    ]
    assert (first.outcome, first.replayed, again.outcome, again.replayed) == ("rejected", False, "rejected", True)
    assert again.answer == first.answer
    assert await outcomes(owner) == ["rejected"]


async def test_what_the_journal_cannot_hold_is_a_defect_and_no_used_operation_id(
    kit: Database, owner: AsyncEngine
) -> None:
    op_id = new_id()

    async def known_too_much(work: Work, cmd: Put) -> Done:
        await insert(work, cmd.name)
        return Done(Told(said="put"), verdict={"why": "no \x00 in a database"})

    with pytest.raises(Exception, match="unsupported Unicode escape sequence") as failure:
        await send(kit, known_too_much, op_id=op_id)
    assert sqlstate(failure.value) == "22P05"
    assert await names(owner) == []
    assert (await send(kit, op_id=op_id)).outcome == "applied"


async def test_a_command_that_loses_its_connection_is_busy_and_leaves_nothing(
    kit: Database, owner: AsyncEngine
) -> None:
    op_id = new_id()

    async def lose_it(work: Work, cmd: Put) -> Done:
        await insert(work, cmd.name)
        await work.driver.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return Done(Told(said="put"))

    with pytest.raises(Busy):
        await send(kit, lose_it, op_id=op_id)
    assert await names(owner) == []
    assert (await send(kit, op_id=op_id)).replayed is False


async def test_an_erased_body_answers_as_erased(kit: Database, owner: AsyncEngine) -> None:
    op_id = new_id()
    await send(kit, op_id=op_id)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM journal_body"))
    again = await send(kit, op_id=op_id)
    assert (again.replayed, again.answer) == (True, b'{"code":"erased"}')
    assert await names(owner) == ["ash"]


def test_the_same_content_is_the_same_whatever_the_order_of_its_keys() -> None:
    one = canonical(msgspec.json.decode(b'{"b": [1, {"y": 1, "x": 2}], "a": null}'))
    other = canonical(msgspec.json.decode(b'{ "a":null,"b":[1,{"x":2,"y":1}]}'))
    assert one == other
    assert one != canonical(msgspec.json.decode(b'{"a": null, "b": [{"x": 2, "y": 1}, 1]}'))


async def test_rows_that_waited_before_a_refused_command_are_kept(kit: Database, owner: AsyncEngine) -> None:
    async def body(work: Work) -> Entry:
        work.rows.add("probe", {"id": new_id(), "name": "ash"})
        return await execute(work, new_id(), Put(name="ash"), b"ash", register_of(put))

    entry = await transact(kit, SYSTEM, body)
    assert entry.outcome == "rejected", "it sees the row"
    assert await rows(owner, "SELECT name FROM probe") == [("ash",)]


async def test_a_new_command_is_one_statement_which_writes_its_rows_with_its_entry(kit: Database) -> None:
    op_id, seen = new_id(), list[str]()

    async def unseeing(work: Work, cmd: Put) -> Done:
        work.rows.add("probe", {"id": new_id(), "name": cmd.name})
        return Done(Told(said="put"))

    def note(query: LoggedQuery) -> None:
        seen.append(query.query)

    async def body(work: Work) -> Entry:
        work.driver.add_query_logger(note)
        try:
            return await execute(work, op_id, Put(name="ash"), b"ash", register_of(unseeing))
        finally:
            work.driver.remove_query_logger(note)

    first, again = [await transact(kit, SYSTEM, body, op_id=op_id) for _ in range(2)]
    assert (first.outcome, first.replayed, again.replayed) == ("applied", False, True)
    written, looked_up = seen
    assert "INSERT INTO probe" in written
    assert "INSERT INTO journal" in written
    assert "SELECT" in looked_up, "an entry that is there is read"


async def test_a_row_whose_place_is_taken_is_decided_again_and_its_tasks_are_dropped(
    kit: Database, owner: AsyncEngine
) -> None:
    tries = []

    async def unseeing(work: Work, cmd: Put) -> Done:
        tries.append(cmd.name)
        await work.enqueue("probe", cmd.name)
        await work.hand_over()
        work.rows.add("probe", {"id": new_id(), "name": cmd.name})
        return Done(Told(said="put"))

    async with begin(kit, SYSTEM) as work:
        await insert(work, "ash")

    async def body(work: Work) -> list[str]:
        await work.enqueue("probe", "before")
        commands = [Put(name=name) for name in ("elm", "ash", "oak")]
        register = register_of(unseeing)
        return [(await execute(work, new_id(), one, b"x", register)).outcome for one in commands]

    assert await transact(kit, SYSTEM, body, queue=PgQueue()) == ["applied", "rejected", "applied"]
    assert tries == ["elm", "ash", "ash", "oak"]
    assert await names(owner) == ["ash", "elm", "oak"]
    queued = await rows(owner, "SELECT payload FROM pgqueuer ORDER BY id")
    assert queued == [(b'"before"',), (b'"elm"',), (b'"oak"',)]
