"""The codes that partners' systems and files speak in, and the rows they stand for."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Text, cast, literal, select, union_all

from domain.catalog.model import FaultCode, LabourOperation, ModelComponent, Part
from domain.installs.model import Unit
from domain.jobs.model import Job
from domain.kit.problem import Kind, Problem
from domain.kit.work import Work
from domain.people.access import own_rows


class SubmissionRefused(Problem, kind=Kind.INVALID):
    """Something in the submission does not fit; its errors say what, field by field."""


def refused(field: str, code: str, words: str) -> SubmissionRefused:
    """Return the refusal that blames one field."""
    return SubmissionRefused(words, errors=[{"field": field, "code": code, "words": words}])


@dataclass(frozen=True, slots=True)
class Codes:
    """Every code that a submission names."""

    faults: frozenset[str]
    components: frozenset[str]
    parts: frozenset[str]
    operations: frozenset[str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The job of a submission, and what its codes stand for; components are those of the job's model."""

    job_id: UUID
    _known: dict[tuple[str, str], tuple[UUID, str]] = field(default_factory=dict)

    def fault_code(self, place: str, code: str) -> UUID:
        """Return the id of a fault code. Raises: SubmissionRefused."""
        return self._of("fault", code, f"{place}.fault_code", "There is no such fault code.")[0]

    def component(self, place: str, code: str | None) -> UUID | None:
        """Return the id of a component of the unit's model, None where none is named. Raises: SubmissionRefused."""
        words = "The unit's model has no such component."
        return None if code is None else self._of("component", code, f"{place}.component_code", words)[0]

    def labour_operation(self, place: str, code: str | None) -> UUID | None:
        """Return the id of a labour operation, None where none is named. Raises: SubmissionRefused."""
        words = "There is no such labour operation."
        return None if code is None else self._of("operation", code, f"{place}.labour_operation", words)[0]

    def part(self, place: str, number: str) -> tuple[UUID, str]:
        """Return the id of a part and what it is counted in. Raises: SubmissionRefused."""
        return self._of("part", number, f"{place}.part_number", "There is no such part.")

    def _of(self, kind: str, code: str, place: str, words: str) -> tuple[UUID, str]:
        found = self._known.get((kind, code))
        if found is None:
            raise refused(place, "unknown-code", words)
        return found


async def catalogue_of(work: Work, job_number: int, codes: Codes) -> Catalogue:
    """Return the principal's job of this number and what the codes stand for; two statements.

    Raises: SubmissionRefused when there is no such job.
    """
    job = (
        await work.db.execute(
            select(Job.id, Unit.model_id)
            .join(Unit, Unit.id == Job.unit_id)
            .where(Job.number == job_number, own_rows(work.actor, Job.partner_id))
        )
    ).one_or_none()
    if job is None:
        raise refused("job_number", "not-found", "There is no such job among yours.")
    none = cast(literal(""), Text).label("counted_in")
    parts = {
        "fault": select(FaultCode.code, FaultCode.id, none).where(FaultCode.code.in_(codes.faults)),
        "component": select(ModelComponent.code, ModelComponent.id, none).where(
            ModelComponent.model_id == job.model_id, ModelComponent.code.in_(codes.components)
        ),
        "part": select(Part.number, Part.id, Part.unit_of_measure).where(Part.number.in_(codes.parts)),
        "operation": select(LabourOperation.code, LabourOperation.id, none).where(
            LabourOperation.code.in_(codes.operations)
        ),
    }
    wanted = {"fault": codes.faults, "component": codes.components, "part": codes.parts, "operation": codes.operations}
    asked = [query.add_columns(literal(kind).label("kind")) for kind, query in parts.items() if wanted[kind]]
    if not asked:
        return Catalogue(job.id)
    rows = (await work.db.execute(union_all(*asked))).all()
    return Catalogue(job.id, {(kind, code): (id_, counted_in) for code, id_, counted_in, kind in rows})
