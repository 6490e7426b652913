"""Hands a file of claims in, row by row, as its partner's office would; again and again it comes to the same."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from api.imports.checking import Checker, Chunk, ImportFileUnusable
from api.imports.claims import CLAIMS, column_of, incomplete, submission
from api.imports.files import Source
from domain.claims.batches import ItemOutcome, ItemRead, submit_one
from domain.claims.submission_files import RowError, RowLine, RowStatus, RowTold, end_file, keep_rows
from domain.customers.model import Site
from domain.jobs.model import Job
from domain.kit.actor import SYSTEM, Actor
from domain.kit.command import Register
from domain.kit.database import Database, reading
from domain.kit.ids import operation_id
from domain.kit.ports import Queue
from domain.kit.problem import Busy, Problem
from domain.kit.work import transact
from domain.people.access import own_rows
from domain.people.model import Account, Partner
from mobile_sync.photos.sandbox import PhotoSandbox

rows_max = 5000
rows_per_step = 20
"""So many rows are told together while a file is handed in."""


class TooManyRows(ImportFileUnusable, kind=ImportFileUnusable.kind):
    """The file has more rows than can be handed in at once."""


@dataclass(frozen=True, slots=True)
class Handing:
    """One file on its way: whose it is, and what opens, stores, queues and carries out."""

    database: Database
    queue: Queue
    register: Register
    sandbox: PhotoSandbox
    actor: Actor
    file_id: UUID

    async def run(self, source: Source) -> None:
        """Hand in every row and tell what became of it; a file that is unusable as a whole ends as failed.

        Raises: Busy when a row could not be decided now; what was handed in is not handed in again.
        """
        failure = None
        try:
            async with aclosing(self._chunks(source)) as chunks:
                async for chunk in chunks:
                    refused = [_refused(line, errors) for line, errors in _by_line(chunk).items()]
                    await self._keep(refused)
                    rows = list(csv.DictReader(io.StringIO(chunk.content.decode(), newline=""), chunk.columns))
                    for begin in range(0, len(rows), rows_per_step):
                        await self._step(source.sha256, rows[begin : begin + rows_per_step])
        except Problem as problem:
            if not problem.kind.is_final:
                raise
            failure = problem.detail
        await transact(self.database, SYSTEM, lambda work: end_file(work, self.file_id, failure))

    async def _chunks(self, source: Source) -> AsyncGenerator[Chunk]:
        checker, first, rows = Checker(CLAIMS, {}), True, 0
        async with aclosing(source.batches(CLAIMS, self.sandbox)) as batches:
            async for batch in batches:
                if first:
                    checker.take_heading(batch)
                    first = False
                rows += len(batch.rows)
                if rows > rows_max:
                    raise TooManyRows(f"A file has at most {rows_max} rows.")
                yield checker.check(batch)

    async def _step(self, sha256: str, rows: list[dict[str, str]]) -> None:
        zones, technicians, currency = await self._known(rows)
        told = []
        for row in rows:
            line = int(row["line"])
            technician_id = technicians.get(row["technician"])
            errors = [
                RowError(needed, "invalid-request", f"is empty, and {name} needs it")
                for needed, name in incomplete(row).items()
            ]
            if technician_id is None:
                errors.append(RowError("technician", "not-found", "There is no such technician among yours."))
            if technician_id is None or errors:
                told.append(_refused(line, errors, row["job_number"]))
                continue
            body = submission(row, str(technician_id), zones.get(int(row["job_number"]), "UTC"), currency)
            item = ItemRead(id=f"line-{line}", claim=msgspec.Raw(msgspec.json.encode(body)))
            # The same line of the same file is the same operation, whoever of the partner sends it.
            op_id = operation_id(self.actor.partner_id or self.actor.account_id, f"file {sha256} {line}")
            outcome = await submit_one(self.database, self.queue, self.actor, item, self.register, op_id)
            told.append(_told(line, row, outcome))
        await self._keep(told)

    async def _known(self, rows: Iterable[dict[str, str]]) -> tuple[dict[int, str], dict[str, UUID], str]:
        """Return the zones of the jobs' sites by number, the technicians by login, and the partner's currency."""
        numbers, logins = {int(row["job_number"]) for row in rows}, {row["technician"] for row in rows}
        async with reading(self.database, self.actor) as db:
            sites = select(Job.number, Site.time_zone).join(Site, Site.id == Job.site_id)
            zones = await db.execute(sites.where(Job.number.in_(numbers), own_rows(self.actor, Job.partner_id)))
            people = select(Account.login, Account.id).where(
                func.lower(Account.login).in_(logins), own_rows(self.actor, Account.partner_id)
            )
            technicians = await db.execute(people)
            currency = await db.scalar(select(Partner.currency).where(Partner.id == self.actor.partner_id))
            of_job = {int(number): str(zone) for number, zone in zones.all()}
            of_login = {str(name): UUID(str(account_id)) for name, account_id in technicians.all()}
            return of_job, of_login, currency or ""

    async def _keep(self, rows: list[RowLine]) -> None:
        partner_id = self.actor.partner_id
        assert partner_id is not None, "only partners hand files in"
        await transact(self.database, SYSTEM, lambda work: keep_rows(work, self.file_id, partner_id, rows))


def _by_line(chunk: Chunk) -> dict[int, list[RowError]]:
    found: dict[int, list[RowError]] = {}
    for refusal in chunk.refusals:
        words = f"{refusal.value} {refusal.reason}".strip()
        found.setdefault(refusal.line, []).append(RowError(refusal.column, "invalid-request", words))
    return found


def _refused(line: int, errors: list[RowError], job_number: str = "") -> RowLine:
    return RowLine(line, "refused", RowTold(job_number=job_number, errors=tuple(errors)))


def _told(line: int, row: dict[str, str], outcome: ItemOutcome) -> RowLine:
    """Return what a row is told. Raises: Busy when that is not decided yet."""
    problem, answer = outcome.problem, outcome.answer
    if outcome.status == "retry":
        raise Busy("A row could not be decided now.", retry_after=5)
    if answer is None:
        assert problem is not None, "what was not submitted has a problem"
        errors = [RowError(column_of(one.field, row), one.code, one.words) for one in problem.errors]
        return _refused(line, errors or [RowError("", problem.code, problem.detail)], row["job_number"])
    status: RowStatus = "no_claim" if answer.claim_number is None else "claimed"
    told = RowTold(
        job_number=row["job_number"],
        claim_number=answer.claim_number,
        state=answer.state,
        reasons=answer.reasons,
        flags=answer.flags,
        why_no_claim=answer.why_no_claim,
    )
    return RowLine(line, status, told)
