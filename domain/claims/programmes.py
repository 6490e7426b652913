"""Setting a programme's limits and rule modes: from today on at the earliest, never below a rule's floor."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy import select

from domain.catalog.model import Programme, ProgrammeVersion
from domain.claims.facts import MODES, Limits, Mode
from domain.claims.rules import RULES
from domain.kit.actor import MANAGERS
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import AmountMinor, Code, Day, Reason, Word
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.work import Work


class VersionInThePast(Problem, kind=Kind.INVALID):
    """Limits and modes change from today on: what was judged stays as it was judged."""


class UnknownLimit(Problem, kind=Kind.INVALID):
    """There is no limit of this name."""


class UnknownRule(Problem, kind=Kind.INVALID):
    """There is no rule of this id whose mode a programme sets."""


class ModeBelowFloor(Problem, kind=Kind.INVALID):
    """No programme may set this rule to so mild a mode."""


class SetProgramme(Command, tag="programme.set", frozen=True, kw_only=True):
    """Set all limits and rule modes of a programme from a day on, with the reason.

    What is not named has the gate's own limit or mode. Versions are never changed: of two from the same day the one
    that was set later holds, and one that begins later still takes over then.
    """

    programme_id: UUID
    from_on: Day
    limits: Annotated[dict[Word, AmountMinor], Meta(max_length=100)]
    modes: Annotated[dict[Code, Mode], Meta(max_length=100)]
    reason: Reason


class ProgrammeSet(Answer, frozen=True, kw_only=True):
    """The new version, and the names of limits and rules that are other than before."""

    id: UUID
    programme_id: UUID
    changed: tuple[str, ...]


class Terms(msgspec.Struct, frozen=True):
    """Limits and modes as a version names them."""

    limits: dict[str, Any]
    modes: dict[str, Any]

    def differences(self, other: "Terms") -> tuple[str, ...]:
        """Return the names under which the two say something else."""
        mine, others = self.limits | self.modes, other.limits | other.modes
        return tuple(sorted(name for name in mine | others if mine.get(name) != others.get(name)))


class ProgrammeChange(msgspec.Struct, frozen=True):
    """For the journal: what held on that day before and after; nothing before the first version."""

    before: Terms | None
    after: Terms


_FLOORS = {rule.id: rule.floor for rule in RULES}
_EXAMPLE = SetProgramme(
    programme_id=UUID("0198c5b0-0000-7000-8000-000000000001"),
    from_on=msgspec.json.decode(b'"2027-01-01"', type=Day),
    limits={"days_to_submit": 21, "expense_minor_max": 15_000},
    modes={"D11": "block"},
    reason="agreed with the partners for the new year",
)


@action(
    SetProgramme,
    by=MANAGERS,
    answer=ProgrammeSet,
    raises=(NotFound, VersionInThePast, UnknownLimit, UnknownRule, ModeBelowFloor),
    creates=True,
    example=_EXAMPLE,
)
async def set_programme(work: Work, cmd: SetProgramme) -> Done:
    """Add the version; the journal keeps what held before it.

    Locks: the programme, so that of two changes at once the second knows the first.
    """
    check_terms(cmd.limits, cmd.modes)
    if cmd.from_on < work.now.date():
        raise VersionInThePast("Choose today or a later day.", field="from_on")
    known = select(Programme.id).where(Programme.id == cmd.programme_id).with_for_update(key_share=True)
    if await work.db.scalar(known) is None:
        raise NotFound("There is no such programme.")
    held = (
        await work.db.execute(
            select(ProgrammeVersion.limits, ProgrammeVersion.modes)
            .where(ProgrammeVersion.programme_id == cmd.programme_id, ProgrammeVersion.from_on <= cmd.from_on)
            .order_by(ProgrammeVersion.from_on.desc(), ProgrammeVersion.set_at.desc())
            .limit(1)
        )
    ).one_or_none()
    before, after = None if held is None else Terms(*held), Terms(dict(cmd.limits), dict(cmd.modes))
    work.db.add(
        ProgrammeVersion(
            id=work.op_id,
            programme_id=cmd.programme_id,
            from_on=cmd.from_on,
            limits=after.limits,
            modes=after.modes,
            reason=cmd.reason,
            set_by=work.actor.account_id,
            set_at=work.now,
        )
    )
    changed = after.differences(before or Terms({}, {}))
    answer = ProgrammeSet(id=work.op_id, programme_id=cmd.programme_id, changed=changed)
    return Done(answer, ProgrammeChange(before, after))


def check_terms(limits: dict[str, int], modes: dict[str, Mode]) -> None:
    """Raise UnknownLimit, UnknownRule or ModeBelowFloor for what no programme can say."""
    for name in limits:
        if name not in Limits.__struct_fields__:
            raise UnknownLimit(f"There is no limit {name}.", field=f"limits.{name}")
    for rule, mode in modes.items():
        floor = _FLOORS.get(rule)
        if floor is None:
            raise UnknownRule(f"There is no rule {rule}.", field=f"modes.{rule}")
        if MODES.index(mode) < MODES.index(floor):
            raise ModeBelowFloor(f"{rule} is at least {floor}.", field=f"modes.{rule}", floor=floor)
