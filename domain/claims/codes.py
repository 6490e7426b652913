"""The codes that partners' systems and files speak in, and the rows they stand for."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, false, literal_column, select, union_all

from domain.catalog.model import FaultCode, LabourOperation, ModelComponent, Part
from domain.customers.model import Site
from domain.installs.model import Unit
from domain.jobs.model import Job, Visit
from domain.jobs.visits import CLOSED
from domain.kit.actor import SYSTEM, Role
from domain.kit.problem import Kind, Problem
from domain.kit.read import Prepared
from domain.kit.work import Work
from domain.people.access import own_params, own_rows_of
from domain.people.model import Account
from domain.worklog.repairs import PartKnown

_TEXTS = ARRAY(Text())
OVER = frozenset({"completed", "cancelled"})
"""States of a job that takes no visit any more."""


class SubmissionRefused(Problem, kind=Kind.INVALID):
    """Something in the submission does not fit; its errors say what, field by field."""


def refused(field: str, code: str, words: str) -> SubmissionRefused:
    """Return the refusal that blames one field."""
    return SubmissionRefused(words, errors=[{"field": field, "code": code, "words": words}])


class _Named(NamedTuple):
    """What a code stands for; the job's own row tells the time zone of its site as ``counted_in``."""

    kind: str
    code: str
    id: UUID
    counted_in: str
    claimable: bool
    key_part: bool


@dataclass(frozen=True, slots=True)
class Codes:
    """Every code that a submission names."""

    faults: frozenset[str]
    components: frozenset[str]
    parts: frozenset[str]
    operations: frozenset[str]


@dataclass(frozen=True, slots=True)
class PartFound:
    """A part by its number: its id, what it is counted in, and what the same-day rule asks."""

    id: UUID
    unit_of_measure: str
    known: PartKnown


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The job of a submission, and what its codes stand for; components are those of the job's model.

    ``visit_id`` is the visit that waited for its technician when this was read, if one did.
    """

    job_id: UUID
    visit_id: UUID | None
    time_zone: str
    _known: dict[tuple[str, str], _Named] = field(default_factory=dict)

    def fault_code(self, place: str, code: str) -> UUID:
        """Return the id of a fault code. Raises: SubmissionRefused."""
        found: UUID = self._of("fault", code, f"{place}.fault_code", "There is no such fault code.").id
        return found

    def component(self, place: str, code: str | None) -> UUID | None:
        """Return the id of a component of the unit's model, None where none is named. Raises: SubmissionRefused."""
        words = "The unit's model has no such component."
        return None if code is None else self._of("component", code, f"{place}.component_code", words).id

    def labour_operation(self, place: str, code: str | None) -> UUID | None:
        """Return the id of a labour operation, None where none is named. Raises: SubmissionRefused."""
        words = "There is no such labour operation."
        return None if code is None else self._of("operation", code, f"{place}.labour_operation", words).id

    def part(self, place: str, number: str) -> PartFound:
        """Return what is known of a part. Raises: SubmissionRefused."""
        row = self._of("part", number, f"{place}.part_number", "There is no such part.")
        return PartFound(row.id, row.counted_in, PartKnown(row.claimable, row.key_part, self.time_zone))

    def _of(self, kind: str, code: str, place: str, words: str) -> _Named:
        found = self._known.get((kind, code))
        if found is None:
            raise refused(place, "unknown-code", words)
        return found


def _codes(kind: str, code: Any, id_: Any, *more: Any) -> Any:
    counted_in, claimable, key_part = more or (literal_column("''"), false(), false())
    return select(
        literal_column(f"'{kind}'").label("kind"),
        code.label("code"),
        id_.label("id"),
        counted_in.label("counted_in"),
        claimable.label("claimable"),
        key_part.label("key_part"),
    )


_JOB = (
    Job.number == bindparam("job_number", type_=BigInteger()),
    own_rows_of(Role.PARTNER_OFFICE, False, Job.partner_id),
)
_WAITING = (
    select(Visit.id)
    .join(Job, Job.id == Visit.job_id)
    .join(Account, Account.id == Visit.technician_id)
    .where(
        *_JOB,
        Visit.technician_id == bindparam("technician_id"),
        Visit.state.not_in(sorted(CLOSED)),
        Job.technician_id == Visit.technician_id,
        Job.state.not_in(sorted(OVER)),
        Account.role == Role.TECHNICIAN,
        Account.partner_id == Job.partner_id,
        Account.disabled_at.is_(None),
    )
    .order_by(Visit.state == "planned", Visit.number)
    .limit(1)
    .subquery()
)
_NAMED = Prepared(
    union_all(
        _codes("job", literal_column("''"), Job.id, Site.time_zone, false(), false())
        .join_from(Job, Site, Site.id == Job.site_id)
        .where(*_JOB),
        _codes("visit", literal_column("''"), _WAITING.c.id),
        _codes("fault", FaultCode.code, FaultCode.id).where(FaultCode.code == any_(bindparam("faults", type_=_TEXTS))),
        _codes("component", ModelComponent.code, ModelComponent.id)
        .join_from(ModelComponent, Unit, Unit.model_id == ModelComponent.model_id)
        .join(Job, Job.unit_id == Unit.id)
        .where(*_JOB, ModelComponent.code == any_(bindparam("components", type_=_TEXTS))),
        _codes("part", Part.number, Part.id, Part.unit_of_measure, Part.claimable, Part.key_part).where(
            Part.number == any_(bindparam("parts", type_=_TEXTS))
        ),
        _codes("operation", LabourOperation.code, LabourOperation.id).where(
            LabourOperation.code == any_(bindparam("operations", type_=_TEXTS))
        ),
    ),
    "job_number",
    "technician_id",
    "faults",
    "components",
    "parts",
    "operations",
    *own_params(SYSTEM),
)


async def catalogue_of(work: Work, job_number: int, technician_id: UUID, codes: Codes) -> Catalogue:
    """Return the partner's own job of this number, its waiting visit, and what the codes stand for; one statement.

    Raises: SubmissionRefused when there is no such job.
    """
    named = {kind: sorted(getattr(codes, kind)) for kind in ("faults", "components", "parts", "operations")}
    asked = {"job_number": job_number, "technician_id": technician_id, **own_params(work.actor), **named}
    rows = await work.driver.fetch(_NAMED.sql, *_NAMED.values(asked))
    known = {(row["kind"], row["code"]): _Named(*row) for row in rows}
    job, visit = known.get(("job", "")), known.get(("visit", ""))
    if job is None:
        raise refused("job_number", "not-found", "There is no such job among yours.")
    return Catalogue(job.id, None if visit is None else visit.id, job.counted_in, known)
