"""Two releases of server and app: the second writes the minutes of a time entry under another name."""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from domain.commands import REGISTER
from domain.kit.command import Action, Command, Done, Register
from domain.kit.limits import Minutes, Note
from domain.kit.work import Work
from domain.worklog.actions import LogTime, TimeKind

OLD_APP, NEW_APP = "0.0.9", "2.0.0"
"""The first is older than the oldest app that shows everything: its push is taken all the same."""


class LogTimeNamedAnew(Command, tag="time.log", frozen=True, kw_only=True):
    """Log travel or labour, as the second release says it."""

    visit_id: UUID
    kind: TimeKind
    spent_minutes: Minutes
    note: Note = ""


def _upcast(fields: dict[str, Any]) -> dict[str, Any]:
    return {"spent_minutes" if name == "minutes" else name: value for name, value in fields.items()}


def second_release(register: Register = REGISTER) -> Register:
    """Return a register that understands the second release of time entries, and upcasts the first."""
    log_time = register.actions[LogTime]

    async def log_time_anew(work: Work, cmd: LogTimeNamedAnew) -> Done:
        said = msgspec.structs.asdict(cmd)
        return await log_time.carry_out(work, LogTime(minutes=said.pop("spent_minutes"), **said))

    anew = dataclasses.replace(
        log_time, carry_out=log_time_anew, command=LogTimeNamedAnew, version=2, upcasts=(_upcast,)
    )
    actions: dict[type[Command], Action] = {**register.actions, LogTimeNamedAnew: anew}
    return dataclasses.replace(register, actions=actions, by_tag={**register.by_tag, "time.log": LogTimeNamedAnew})


Before = Callable[[Work], Awaitable[None]]


def watched(register: Register, before: Before) -> Register:
    """Return a register that runs ``before`` ahead of every action; a fault raises there."""

    def wrap(action: Action) -> Action:
        async def carry_out(work: Work, cmd: Any) -> Done:
            await before(work)
            return await action.carry_out(work, cmd)

        return dataclasses.replace(action, carry_out=carry_out)

    return dataclasses.replace(register, actions={kind: wrap(one) for kind, one in register.actions.items()})
