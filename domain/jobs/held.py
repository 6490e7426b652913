"""A visit and its job, locked by one statement, changed as plain values, and saved by one statement.

For what phones run most. The objects are not the session's: nothing of them is written but by ``save``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, select, true
from sqlalchemy.orm import class_mapper
from sqlalchemy.orm.attributes import instance_dict

from domain.jobs.model import Job, Visit
from domain.jobs.visits import NotYourVisit
from domain.kit.actor import Role
from domain.kit.problem import NotFound
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_params, own_rows_of

Row = TypeVar("Row", Job, Visit)
_JOB = list(Job.__table__.columns)
_VISIT = [column for column in Visit.__table__.columns if column.name != "planned_span"]
_SETTLED = {"id", "job_id", "assignment_id", "partner_id", "technician_id", "number", "planned_from", "planned_to"}
"""What no step of a visit changes."""
_SAVED_OF_VISIT = tuple(column.name for column in _VISIT if column.name not in _SETTLED)
_NAMES_OF_JOB, _NAMES_OF_VISIT = ([column.name for column in columns] for columns in (_JOB, _VISIT))
_SAVED_OF_JOB = ("state", "version", "closed_at")


@dataclass(frozen=True, slots=True)
class Held:
    """A locked visit with its job: None when that went to another partner."""

    job: Job | None
    visit: Visit


async def hold(work: Work, visit_id: UUID) -> Held:
    """Return a visit the principal may write on, with its job, both locked.

    Locks: the job, then the visit. Raises: NotFound, NotYourVisit.
    """
    actor = work.actor
    statement = _held(actor.role, actor.partner_id is None, work.accepted)
    row = await statement.first(work.driver, {"visit_id": visit_id, **own_params(actor)})
    if row is None:
        raise NotFound("There is no such visit among yours.")
    values = list(row.values())
    visit = _read(Visit, _NAMES_OF_VISIT, values[: len(_VISIT)])
    if actor.role is Role.TECHNICIAN and visit.technician_id != actor.account_id and not work.accepted:
        raise NotYourVisit("Only the technician of a visit writes on its sheet.")
    of_job = values[len(_VISIT) :]
    return Held(_read(Job, _NAMES_OF_JOB, of_job) if of_job[0] is not None else None, visit)


def _read(kind: type[Row], names: Sequence[str], values: Sequence[Any]) -> Row:
    """Return an object with values as they were read: set one by one, each would be noted as a change."""
    made: Row = class_mapper(kind).class_manager.new_instance()
    instance_dict(made).update(zip(names, values, strict=True))
    return made


@cache
def _held(role: Role, ours: bool, accepted: bool) -> Prepared:
    """Return the statement of a role and side; the job is locked before the visit is, because it is joined to it."""
    own_visit = own_rows_of(role, ours, Visit.partner_id)
    job_id = select(Visit.job_id).where(Visit.id == bindparam("visit_id"), own_visit).scalar_subquery()
    own_job = true() if accepted else own_rows_of(role, ours, Job.partner_id)
    job = select(*_JOB).where(Job.id == job_id, own_job).with_for_update(key_share=True).cte("held")
    found = (
        select(*_VISIT, *(job.c[column.name].label(f"job_{column.name}") for column in _JOB))
        .outerjoin(job, job.c.id == Visit.job_id)
        .where(Visit.id == bindparam("visit_id"), own_visit)
        .with_for_update(key_share=True, of=Visit)
    )
    return Prepared(found, "visit_id", "own_partner", "own_account")


_SAVE_VISIT, _SAVE_JOB = (
    f"UPDATE {table} SET {', '.join(f'{name} = ${first + n}' for n, name in enumerate(columns))} WHERE id = ${key}"  # noqa: S608 - names of our own columns
    for table, columns, first, key in (
        ("visit", _SAVED_OF_VISIT, 2, 1),
        ("job", _SAVED_OF_JOB, len(_SAVED_OF_VISIT) + 3, len(_SAVED_OF_VISIT) + 2),
    )
)


async def save(work: Work, held: Held) -> None:
    """Write a visit and its job as they are now, together with the rows that wait, by one statement."""
    visit, job = held.visit, held.job
    changes = [_SAVE_VISIT]
    given: list[Any] = [visit.id, *(_value(visit, name) for name in _SAVED_OF_VISIT)]
    if job is not None:
        changes.append(_SAVE_JOB)
        given += [job.id, *(getattr(job, name) for name in _SAVED_OF_JOB)]
    statement = work.rows.take(*changes, given=tuple(given))
    await work.driver.execute(statement.sql, *statement.values)


def _value(visit: Visit, name: str) -> Any:
    """Return a value as the driver takes it: JSON is text, and text it is as it was read."""
    value = getattr(visit, name)
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value
