"""Recording a reading of a barcode, and deciding a claim that waits for a person."""

import datetime as dt
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import update

from domain.claims.facts import ScanFacts, ScanVerdict, Source, TagState
from domain.claims.gathering import TagSeen, VisitSeen, scan_facts, tag_seen, visit_seen
from domain.claims.model import Scan
from domain.claims.rules import IN_USE, judge_scan
from domain.claims.watching import touch_honey, watch_scan
from domain.installs.serials import Parsed, counted
from domain.jobs.recognition import readings
from domain.jobs.rules import Reckoned, reckon
from domain.jobs.scope import tell_visit
from domain.jobs.visits import CLOSED, NotYourVisit
from domain.kit.actor import SYSTEM, Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import LatitudeE6, LongitudeE6, Moment, Reason, ScannedText, Symbology, Word
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import SHEET
from domain.warranty.rules import Coverage, coverage
from domain.worklog.rules import day_at

NOW = dt.timedelta()
RESOLVE = "scan.resolve"
"""The worker's task that judges a partner's reading for the office."""


class TypedScanNeedsEvidence(Problem, kind=Kind.INVALID):
    """A serial typed by hand needs a reason and a photo of the label."""


class PhotoScanNeedsPhoto(Problem, kind=Kind.INVALID):
    """A reading from a photo names that photo, which is on the visit."""


class PhotoNotOnVisit(Problem, kind=Kind.INVALID, queued="recorded"):
    """The photo is not on this visit."""


class RecordScan(Command, tag="scan.record", frozen=True, kw_only=True):
    """Record a reading of a barcode on a visit: by camera, from a photo, or a serial typed by hand.

    It is kept whatever it says and never stops the visit. A reading from a photo names a photo of the visit; typing
    needs a reason and a photo of the label. Our own people get the verdict; a partner's people are told of the unit of
    the visit's job, and of a unit whose label of ours they read with its tag code; of anything else that it was
    recorded and is under check (202).
    """

    visit_id: UUID
    source: Source
    scanned_text: ScannedText
    symbology: Symbology = ""
    typed_reason: Reason | None = None
    photo_id: UUID | None = None
    scanned_at: Moment
    latitude_e6: LatitudeE6 | None = None
    longitude_e6: LongitudeE6 | None = None


class ScanRecorded(Answer, frozen=True, kw_only=True, omit_defaults=True):
    """What this principal may know: ``known``, ``unknown`` or ``under-check``, and whether the unit is covered.

    ``unit``, ``verdict`` and ``coverage`` are told to our own people only.
    """

    status: Word
    covered: Word | None = None
    unit_id: UUID | None = None
    unit_status: Word | None = None
    verdict: ScanVerdict | None = None
    coverage: Coverage | None = None


UNDER_CHECK = ScanRecorded(status="under-check")


class ScanRead(msgspec.Struct, frozen=True):
    """What is known of a partner's reading when it is recorded: it was not looked up."""

    matches_job: bool
    gtin: str | None
    serial_keys: tuple[str, ...]


class ResolveScan(msgspec.Struct, frozen=True):
    """The task of judging one reading for the office."""

    scan_id: UUID


class Reading(NamedTuple):
    """A reading on its way into the books: what was sent, its visit, what it says, its tag code, when it happened."""

    cmd: RecordScan
    seen: VisitSeen
    parsed: Parsed
    tag: TagSeen
    happened: Reckoned


_EXAMPLE = RecordScan(
    visit_id=UUID("0198c5b0-0000-7000-8000-000000000001"),
    source="camera",
    scanned_text="https://id.example/01/04000000000012/21/SN0012A",
    symbology="]Q1",
    scanned_at=msgspec.json.decode(b'"2026-03-02T09:30:00Z"', type=Moment),
)


@action(
    RecordScan,
    by=SHEET,
    answer=ScanRecorded,
    raises=(NotFound, NotYourVisit, TypedScanNeedsEvidence, PhotoScanNeedsPhoto, PhotoNotOnVisit),
    creates=True,
    example=_EXAMPLE,
)
async def record_scan(work: Work, cmd: RecordScan) -> Done:
    """Store the reading with its verdict; of a partner's reading only what its job already tells is told."""
    seen = await visit_seen(work, work.actor, cmd.visit_id, cmd.photo_id)
    if seen is None:
        raise NotFound("There is no such visit among yours.")
    if work.actor.role is Role.TECHNICIAN and seen.technician_id != work.actor.account_id and not work.accepted:
        raise NotYourVisit("Only the technician of a visit writes on its sheet.")
    _check_evidence(cmd, seen)
    await tell_visit(work, seen, seen.job)
    parsed = seen.read(cmd.scanned_text, cmd.source, cmd.symbology)
    happened = reckon(cmd.scanned_at, work.now, work.stamp.client_at, work.stamp.estimated_at)
    read = Reading(cmd, seen, parsed, await tag_seen(work, parsed), happened)
    if work.actor.partner_id is None:
        return await _judge_now(work, read)
    return await _leave_to_the_office(work, read)


async def _judge_now(work: Work, read: Reading) -> Done:
    cmd, seen, parsed, tag, happened = read
    on = day_at(happened.at, seen.time_zone)
    facts = await scan_facts(work.db, seen, parsed, cmd.source, cmd.symbology, on, tag.state)
    verdict = judge_scan(facts)
    answer = ScanRecorded(
        status="known" if verdict.known else "unknown",
        covered=("yes" if verdict.covered else "no") if verdict.known else None,
        unit_id=facts.unit_id,
        unit_status=facts.unit_status,
        verdict=verdict,
        coverage=facts.coverage,
    )
    # What the office keys in on a partner's visit is told to the partner as if its own technician had scanned.
    told = answer if seen.partner_id is None else _told_to_partner(work, seen, parsed, tag)
    _store(work, read, told, facts, verdict)
    keys = [key for key, _, _ in readings(parsed)]
    await touch_honey(work, seen.partner_id, keys, facts.unit_id, work.op_id, "scan")
    late = seen.state in CLOSED
    return Done(answer, verdict, "recorded" if late else "applied_flagged" if verdict.hits else "applied")


async def _leave_to_the_office(work: Work, read: Reading) -> Done:
    """Store a partner's reading by one path that looks nothing up, so that timing tells nothing either."""
    seen, parsed = read.seen, read.parsed
    told = _told_to_partner(work, seen, parsed, read.tag)
    _store(work, read, told)
    await work.enqueue(RESOLVE, ResolveScan(work.op_id))
    known = ScanRead(seen.names_its_unit(parsed), parsed.gtin, tuple(key for key, _, _ in readings(parsed)))
    return Done(told, known, "recorded" if told is UNDER_CHECK else "applied")


def _told_to_partner(work: Work, seen: VisitSeen, parsed: Parsed, tag: TagSeen) -> ScanRecorded:
    """Tell of the cover as it is today: by a day of its own choice a partner could find out when the cover ends."""
    unit = seen.unit if seen.names_its_unit(parsed) else tag.unit
    if unit is None or unit.status not in IN_USE or seen.state in CLOSED:
        return UNDER_CHECK
    covered = unit.status != "unconfirmed" and coverage(unit.coverage, day_at(work.now, seen.time_zone)).pays
    return ScanRecorded(status="known", covered="yes" if covered else "under-check")


def _check_evidence(cmd: RecordScan, seen: VisitSeen) -> None:
    if cmd.photo_id is not None and seen.photo_kind is None:
        raise PhotoNotOnVisit("Add the photo to the visit first.", field="photo_id")
    if cmd.source == "photo" and cmd.photo_id is None:
        raise PhotoScanNeedsPhoto("Add the photo that was read to the visit, and name it.", field="photo_id")
    if cmd.source == "typed" and (cmd.typed_reason is None or seen.photo_kind != "label"):
        raise TypedScanNeedsEvidence("Say why it cannot be scanned, and add a photo of kind label.")


def _store(
    work: Work,
    read: Reading,
    told: ScanRecorded,
    facts: ScanFacts | None = None,
    verdict: ScanVerdict | None = None,
) -> None:
    cmd, seen, parsed, tag, happened = read
    matches = seen.names_its_unit(parsed)
    unit = seen.unit if matches else tag.unit
    key = next((key for key, _, _ in readings(parsed)), None)
    stem, number = counted(key or "") or (None, None)
    row = {
        "id": work.op_id,
        "visit_id": seen.id,
        "job_id": seen.job_id,
        "partner_id": seen.partner_id,
        "technician_id": seen.technician_id,
        "source": cmd.source,
        "scanned_text": cmd.scanned_text,
        "symbology": cmd.symbology,
        "typed_reason": cmd.typed_reason,
        "photo_id": cmd.photo_id,
        "serial_key": key,
        "serial_stem": stem,
        "serial_no": number,
        "gtin": parsed.gtin,
        "tag": tag.state,
        "entered_at": work.now,
        "unit_id": unit.id if unit is not None else None if facts is None else facts.unit_id,
        "matches_job": matches,
        "scanned_at": happened.at,
        "scanned_on": day_at(happened.at, seen.time_zone),
        "latitude_e6": cmd.latitude_e6,
        "longitude_e6": cmd.longitude_e6,
        "op_id": work.op_id,
        "resolved_at": None if facts is None else work.now,
        "facts": facts,
        "verdict": verdict,
        "told": told,
    }
    work.rows.add(Scan.__tablename__, row)


async def resolve_scan(work: Work, scan_id: UUID) -> dt.timedelta:
    """Judge a partner's reading for the office: its unit is looked up, facts and verdict are stored. Idempotent.

    Returns how long the judgement has to wait yet, when the partner named too many serials that are none of its own.
    """
    scan = await work.db.get(Scan, scan_id)
    if scan is None or scan.resolved_at is not None:
        return NOW
    seen = await visit_seen(work, SYSTEM, scan.visit_id)
    assert seen is not None  # a foreign key says so
    source: Source = msgspec.convert(scan.source, Source)
    parsed = seen.read(scan.scanned_text, source, scan.symbology)
    tag: TagState = msgspec.convert(scan.tag, TagState)
    facts = await scan_facts(work.db, seen, parsed, source, scan.symbology, scan.scanned_on, tag)
    wait = await watch_scan(work, scan, [key for key, _, _ in readings(parsed)], facts.unit_id)
    if wait:
        return wait
    await work.db.execute(
        update(Scan)
        .where(Scan.id == scan_id, Scan.resolved_at.is_(None))
        .values(
            unit_id=facts.unit_id,
            resolved_at=work.now,
            facts=msgspec.to_builtins(facts),
            verdict=msgspec.to_builtins(judge_scan(facts)),
        )
    )
    return NOW
