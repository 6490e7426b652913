"""A table and a command without any trade in them, to try the kernel on."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from domain.kit.actor import SYSTEM, Actor, Role
from domain.kit.command import Answer, Command, Done, Register, action
from domain.kit.database import Database
from domain.kit.ids import new_id
from domain.kit.journal import Entry, canonical
from domain.kit.limits import Line
from domain.kit.problem import Kind, Problem
from domain.kit.work import Work, execute, transact

MAKE = """
CREATE TABLE probe (
  id uuid PRIMARY KEY, name text UNIQUE, span int4range, partner_id uuid,
  EXCLUDE USING gist (span WITH &&)
);
CREATE TABLE probe_child (id uuid PRIMARY KEY, probe_id uuid NOT NULL REFERENCES probe);
ALTER TABLE probe ENABLE ROW LEVEL SECURITY;
ALTER TABLE probe_child ENABLE ROW LEVEL SECURITY;
CREATE POLICY ours ON probe TO fieldstone_app USING (true) WITH CHECK (true);
CREATE POLICY ours ON probe_child TO fieldstone_app USING (true) WITH CHECK (true);
CREATE POLICY own ON probe TO fieldstone_partner
  USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner());
GRANT SELECT, INSERT, UPDATE ON probe, probe_child TO fieldstone_app, fieldstone_partner;
CREATE FUNCTION refuse_at_commit() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'not at this commit' USING ERRCODE = 'integrity_constraint_violation'; END$$;
CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
  $$BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END$$
"""
DROP = "DROP TABLE probe_child; DROP TABLE probe; DROP FUNCTION refuse_at_commit(), wait_at_commit() CASCADE"

Carry = Callable[[Work, "Put"], Awaitable[Done]]
Follow = Callable[[Work, Any], Awaitable[None]]


class Put(Command, tag="probe.put", frozen=True, kw_only=True):
    """Put a name down."""

    name: Line


class Told(Answer, frozen=True, kw_only=True):
    """What came of it."""

    said: str


class NameHeld(Problem, kind=Kind.CONFLICT):
    """The name is held."""


async def hold(work: Work, name: str) -> bool:
    """Whether somebody holds the name already."""
    return await work.db.scalar(text("SELECT true FROM probe WHERE name = :name"), {"name": name}) is not None


async def insert(work: Work, name: str, span: str | None = None) -> UUID:
    """Insert one row without looking."""
    probe_id = new_id()
    await work.db.execute(
        text("INSERT INTO probe VALUES (:id, :name, CAST(CAST(:span AS text) AS int4range), :partner)"),
        {"id": probe_id, "name": name, "span": span, "partner": work.actor.partner_id},
    )
    return probe_id


async def put(work: Work, cmd: Put) -> Done:
    """Look, then insert; refuse in words when the name is held."""
    if await hold(work, cmd.name):
        raise NameHeld(f"{cmd.name} is held.", name=cmd.name)
    await insert(work, cmd.name)
    return Done(Told(said="put"))


def register_of(carry_out: Carry, by: frozenset[Role] = frozenset(Role), then: tuple[Follow, ...] = ()) -> Register:
    """A register in which this function is the action of ``Put``."""
    of_put = action(Put, by=by, answer=Told, example=Put(name="ash"))(carry_out)
    return Register({Put: of_put}, {Put: list(then)}, {of_put.tag: Put})


async def send(
    database: Database,
    carry_out: Carry = put,
    *,
    name: str = "ash",
    op_id: UUID | None = None,
    actor: Actor = SYSTEM,
    then: tuple[Follow, ...] = (),
    by: frozenset[Role] = frozenset(Role),
) -> Entry:
    """Execute ``Put`` in a transaction of its own, with this function as its action."""
    register = register_of(carry_out, by, then)
    command = Put(name=name)
    sent = canonical(msgspec.to_builtins(command))
    key = op_id or new_id()
    return await transact(database, actor, lambda work: execute(work, key, command, sent, register))
