"""Turns a story into the rows that job, visit and sheet have when the technician is about to complete the visit."""

import datetime as dt
import json
from uuid import UUID

from api.trials.year.diary import designator
from api.trials.year.network import position
from api.trials.year.world import Picture, Rows, Story, Technician, Unit, World
from domain.installs.links import digital_link

LABEL_HOST = "id.fieldstone.example"
TOLD_OURS = '{"status": "known", "covered": "yes"}'
TOLD_OTHER = '{"status": "under-check"}'
SALTS = (0, 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0x94D049BB133111EB)
"""Of one look the four prints differ; of two looks those of a kind lie as far apart as that half of the looks does."""


def write(world: World, rows: Rows, story: Story) -> None:
    """Add the rows of a story, and give it the ids of its visit and of the operation that completes it."""
    ids, who = world.ids, story.technician
    story.visit_id, story.op_id = ids.at(story.reported_at), ids.at(story.submitted_at)
    if story.same_job is None:
        _job(world, rows, story)
    else:
        story.job_id, story.assignment_id = story.same_job.job_id, story.same_job.assignment_id
    if story.leave:
        _leave(world, rows, story)
    rows.add(
        "visit",
        id=story.visit_id,
        job_id=story.job_id,
        assignment_id=story.assignment_id,
        partner_id=who.partner.id,
        technician_id=who.id,
        number=1 if story.same_job is None else 2,
        state="working",
        planned_from=story.arrived_at,
        planned_to=story.arrived_at + dt.timedelta(milliseconds=1),
        travelled_at=story.travelled_at,
        arrived_at=story.arrived_at,
        started_at=story.arrived_at + dt.timedelta(minutes=4),
        clock_uncertain=story.clock_uncertain,
    )
    _lines(world, rows, story)
    _pictures_and_scan(world, rows, story)


def _job(world: World, rows: Rows, story: Story) -> None:
    """Add the job with its assignment; where it went to another partner meanwhile, that one's too."""
    ids, unit, who = world.ids, story.unit, story.technician
    story.job_id = ids.at(story.reported_at)
    story.assignment_id = holds = ids.at(story.reported_at)
    at = story.reported_at + dt.timedelta(minutes=20)
    given: list[tuple[UUID, Technician]] = [(holds, who)]
    if story.given_to is not None:
        holds, who = ids.at(story.reported_at), story.given_to.technicians[0]
        given.append((holds, who))
    for assignment_id, technician in given:
        rows.add(
            "assignment",
            id=assignment_id,
            job_id=story.job_id,
            partner_id=technician.partner.id,
            technician_id=technician.id,
            assigned_by=world.office["dora"],
            assigned_at=at,
        )
    rows.add(
        "job",
        id=story.job_id,
        kind="repair",
        mode="on_site",
        state="in_progress",
        customer_id=story.site.customer_id,
        site_id=story.site.id,
        contact_id=story.site.contact_id,
        unit_id=unit.id,
        subject=f"Fault of {unit.model}",
        priority=3,
        estimated_minutes=90,
        required_from=story.reported_at,
        required_to=story.reported_at + dt.timedelta(days=10),
        partner_id=who.partner.id,
        technician_id=who.id,
        assignment_id=holds,
        created_by=world.office["dora"],
        created_at=story.reported_at,
    )


def _leave(world: World, rows: Rows, story: Story) -> None:
    """Add what the technician asked for before the work, and the office granted."""
    said = json.dumps(story.leave)
    at = story.travelled_at - dt.timedelta(hours=2)
    rows.add(
        "preauthorisation",
        id=world.ids.at(at),
        job_id=story.job_id,
        partner_id=story.technician.partner.id,
        state="granted",
        asked=said,
        note="More than usual",
        asked_by=story.technician.id,
        asked_at=at,
        granted=said,
        valid_until=story.day + dt.timedelta(days=60),
        reason="within-authorisation",
        decided_by=world.office["rex"],
        decided_at=at + dt.timedelta(hours=1),
    )


def _lines(world: World, rows: Rows, story: Story) -> None:
    partner_id, at = story.technician.partner.id, story.completed_at
    ids, own = world.ids, {"visit_id": story.visit_id, "partner_id": partner_id, "entered_at": at}
    place = "" if story.group == "NFF" else designator(world.rng, story.component)
    component_id = world.components[story.unit.model, story.component]
    rows.add(
        "fault",
        id=ids.at(at),
        fault_code_id=world.codes[story.code],
        symptom="As reported",
        model_component_id=None if story.group == "NFF" else component_id,
        designator=place,
        failed_on=story.failed_on,
        **own,
    )
    for part in story.parts:
        part_id, serialised = world.parts[part.part]
        rows.add(
            "part_used",
            id=ids.at(at),
            kind="used",
            part_id=part_id,
            quantity=part.quantity,
            unit_of_measure="pcs",
            old_serial=part.old_serial,
            new_serial=part.new_serial,
            model_component_id=component_id if serialised else None,
            designator=place,
            used_on=story.day,
            entered_on=story.day,
            **own,
        )
    for operation, minutes in story.labour:
        operation_id = world.operations[operation][0] if operation else None
        rows.add("time_entry", id=ids.at(at), kind="labour", minutes=minutes, labour_operation_id=operation_id, **own)
    travel = {"kind": "travel", "minutes": story.travel_minutes, "labour_operation_id": None}
    rows.add("time_entry", id=ids.at(at), **travel, **own)
    for _ in range(story.struck):
        struck_at = at - dt.timedelta(minutes=world.rng.uniform(0, 6))
        own_struck = own | {"voided_at": struck_at, "void_reason": "Entered by mistake"}
        rows.add("struck_time_entry", id=ids.at(at), kind="labour", minutes=20, **own_struck)
    for kind, amount in story.expenses:
        rows.add("expense", id=ids.at(at), direction="spent", kind=kind, amount_minor=amount, currency="EUR", **own)


def _pictures_and_scan(world: World, rows: Rows, story: Story) -> None:
    who, unit, ids = story.technician, story.unit, world.ids
    label_id = None
    for picture in story.pictures:
        photo_id = ids.at(picture.taken_at)
        upload_id = _upload(world, rows, story, picture)
        label_id = photo_id if picture.kind == "label" else label_id
        rows.add(
            "photo",
            id=photo_id,
            visit_id=story.visit_id,
            partner_id=who.partner.id,
            kind=picture.kind,
            sha256=picture.sha256,
            upload_id=upload_id,
            taken_at=picture.taken_at,
            entered_at=max(picture.taken_at, story.arrived_at),
            from_gallery=picture.from_gallery,
            **position(picture.place),
        )
    for number in range(story.probes):
        invented = f"{unit.key[:-7]}{world.rng.randrange(10**6, 10**7)}"
        _scan(world, rows, story, "camera", invented, None, None, minutes=4 + number)
    if story.scan == "none":
        return
    source = "camera" if story.scan == "other" or label_id is None else story.scan
    seen = unit
    if story.scan == "other":
        seen = next(one for one in world.rng.choices(world.made[unit.model], k=9) if one is not unit)
    _scan(world, rows, story, source, seen.serial, seen, label_id if source != "camera" else None, minutes=3)


def _scan(
    world: World,
    rows: Rows,
    story: Story,
    source: str,
    serial: str,
    seen: Unit | None,
    photo_id: UUID | None,
    minutes: float,
) -> None:
    """Add a reading as it stands once the worker has looked it up."""
    who, at = story.technician, story.arrived_at + dt.timedelta(minutes=minutes)
    typed, ours = source == "typed", seen is story.unit
    scan_id = world.ids.at(at)
    rows.add(
        "scan",
        id=scan_id,
        visit_id=story.visit_id,
        job_id=story.job_id,
        partner_id=who.partner.id,
        technician_id=who.id,
        source=source,
        scanned_text=serial if typed else digital_link(LABEL_HOST, story.unit.gtin, serial),
        symbology="" if typed else "]Q1",
        typed_reason="The label cannot be read" if typed else None,
        photo_id=photo_id,
        serial_key=serial if seen is None else seen.key,
        gtin=None if typed else story.unit.gtin,
        unit_id=None if seen is None else seen.id,
        matches_job=ours,
        scanned_at=at,
        scanned_on=at.astimezone(story.zone).date(),
        op_id=scan_id,
        resolved_at=at,
        tag=story.tag if ours and not typed else "none",
        told=TOLD_OURS if ours else TOLD_OTHER,
        **position(story.scanned_from),
    )


def _upload(world: World, rows: Rows, story: Story, picture: Picture) -> UUID:
    """Add the bytes of a photo with its prints, unless this technician has sent the very same before."""
    who = story.technician
    known = world.uploads.get((picture.sha256, who.id))
    if known is not None:
        return known
    upload_id = world.uploads[picture.sha256, who.id] = world.ids.at(story.submitted_at)
    rows.add(
        "upload",
        id=upload_id,
        account_id=who.id,
        partner_id=who.partner.id,
        sha256=picture.sha256,
        blob_sha256=picture.sha256,
        width=1600,
        height=1200,
        taken_at=picture.taken_at,
        at=story.submitted_at,
    )
    for number, (kind, part) in enumerate((("d", "whole"), ("f", "whole"), ("d", "middle"), ("f", "middle"))):
        half = picture.look >> 64 if kind == "d" else picture.look % 2**64
        seen = (half << 11 * number | half >> 64 - 11 * number) % 2**64 ^ SALTS[number]
        bands = {f"band_{n}": _signed(seen >> 48 - 16 * n & 0xFFFF, 16) for n in range(4)}
        own = {"upload_id": upload_id, "partner_id": who.partner.id, "kind": kind, "part": part}
        rows.add("photo_print", **own, print=_signed(seen, 64), **bands)
    return upload_id


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
