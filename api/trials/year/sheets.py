"""Turns a story into the rows that job, visit and sheet have when the technician is about to complete the visit."""

import datetime as dt
from uuid import UUID

import msgspec

from api.trials.year.diary import designator
from api.trials.year.world import Rows, Story, Technician, World
from domain.installs.links import digital_link

LABEL_HOST = "id.fieldstone.example"


def write(world: World, rows: Rows, story: Story) -> None:
    """Add the rows of a story, and give it the ids of its visit and of the operation that completes it."""
    ids, who = world.ids, story.technician
    story.visit_id, story.op_id = ids.at(story.reported_at), ids.at(story.submitted_at)
    if story.same_job is None:
        _job(world, rows, story)
    else:
        story.job_id, story.assignment_id = story.same_job.job_id, story.same_job.assignment_id
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
        planned_to=story.arrived_at + dt.timedelta(minutes=1),
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
        customer_id=unit.site.customer_id,
        site_id=unit.site.id,
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
    for kind, amount in story.expenses:
        rows.add("expense", id=ids.at(at), direction="spent", kind=kind, amount_minor=amount, currency="EUR", **own)


def _pictures_and_scan(world: World, rows: Rows, story: Story) -> None:
    who, unit, ids = story.technician, story.unit, world.ids
    label_id = None
    for picture in story.pictures:
        photo_id = ids.at(picture.taken_at)
        label_id = photo_id if picture.kind == "label" else label_id
        rows.add(
            "photo",
            id=photo_id,
            visit_id=story.visit_id,
            partner_id=who.partner.id,
            kind=picture.kind,
            sha256=picture.sha256,
            taken_at=picture.taken_at,
            entered_at=picture.taken_at,
        )
    source = {"other": "camera"}.get(story.scan, story.scan)
    if source == "none":
        return
    if source in ("typed", "photo") and label_id is None:
        source = "camera"
    seen = unit if story.scan != "other" else world.rng.choice(world.units[unit.site.region, unit.line] or [unit])
    at = story.arrived_at + dt.timedelta(minutes=3)
    told = {"status": "known", "covered": "yes"} if seen is unit else {"status": "under-check"}
    rows.add(
        "scan",
        id=(scan_id := ids.at(at)),
        visit_id=story.visit_id,
        job_id=story.job_id,
        partner_id=who.partner.id,
        technician_id=who.id,
        source=source,
        scanned_text=seen.serial if source == "typed" else digital_link(LABEL_HOST, seen.gtin, seen.serial),
        symbology="" if source == "typed" else "]Q1",
        typed_reason="The label cannot be read" if source == "typed" else None,
        photo_id=label_id if source != "camera" else None,
        serial_key=seen.key,
        gtin=None if source == "typed" else seen.gtin,
        unit_id=seen.id,
        matches_job=seen is unit,
        scanned_at=at,
        scanned_on=at.astimezone(story.zone).date(),
        op_id=scan_id,
        resolved_at=at,
        told=msgspec.json.encode(told).decode(),
    )
