"""What a complete sheet needs, and when a part was entered too late. Pure: no clock, no database."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from domain.kit.patterns import compiled


@dataclass(frozen=True, slots=True)
class FaultFacts:
    """A fault record as far as completion asks: its code, its component on the model's list, its designator."""

    no_fault_found: bool
    component_named: bool
    designator_required: bool = False
    designator_pattern: str = ""
    designator: str = ""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What stands on a sheet when it is to be completed; voided lines are not counted."""

    job_kind: str
    result: str
    faults: tuple[FaultFacts, ...]
    readings: int
    photos: int
    signed: bool
    no_signature_reason: str | None


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing a sheet still needs: a stable word, and the sentence for the technician."""

    code: str
    words: str


RESULTS = {
    "repair": frozenset({"repaired", "not_repaired", "no_fault_found"}),
    "install": frozenset({"installed", "not_repaired"}),
    "maintain": frozenset({"maintained", "repaired", "not_repaired"}),
    "inspect": frozenset({"inspected", "repaired", "no_fault_found"}),
    "advise": frozenset({"advised", "repaired", "no_fault_found"}),
}
"""How a job of each kind may end."""
REPAIRS = frozenset({"repaired", "no_fault_found"})
"""Results that speak of a fault, whatever the job was opened for."""


def missing_for_completion(facts: SheetFacts) -> tuple[Missing, ...]:
    """Decide what a sheet still needs before its visit can be completed; free text never satisfies any of it."""
    found: list[Missing] = []
    if facts.result not in RESULTS[facts.job_kind]:
        fitting = ", ".join(sorted(RESULTS[facts.job_kind]))
        found.append(Missing("result", f"A job of this kind ends as one of: {fitting}."))
    if facts.job_kind == "repair" or facts.result in REPAIRS:
        found += _of_a_repair(facts)
    if not facts.signed and facts.no_signature_reason is None:
        found.append(Missing("signature", "The customer signs, or say why not: absent, declined or remote."))
    return tuple(dict.fromkeys(found))


def _of_a_repair(facts: SheetFacts) -> list[Missing]:
    if not facts.faults:
        return [Missing("fault-code", "Record the fault with its fault code.")]
    found: list[Missing] = []
    searched = [fault for fault in facts.faults if fault.no_fault_found]
    if facts.result == "no_fault_found" and not searched:
        found.append(Missing("no-fault-found-code", "No fault found is a fault code of its own; record it."))
    if facts.result == "repaired" and len(searched) == len(facts.faults):
        found.append(Missing("fault-code", "What was repaired had a fault; record it with its fault code."))
    if searched and not facts.readings:
        found.append(Missing("reading", "No fault found needs what you measured: record a reading."))
    if searched and not facts.photos:
        found.append(Missing("photo", "No fault found needs a photo."))
    for fault in facts.faults:
        if not fault.no_fault_found:
            found += _of_a_fault(fault)
    return found


def _of_a_fault(fault: FaultFacts) -> list[Missing]:
    if not fault.component_named:
        return [Missing("failed-component", "Name the failed component from the model's list.")]
    if not fault.designator_required:
        return []
    if not fault.designator:
        return [Missing("designator", "This component needs its reference designator, as printed on the board.")]
    if not designator_fits(fault.designator_pattern, fault.designator):
        shown = f"The designator {fault.designator} does not look like one of this component."
        return [Missing("designator-format", shown)]
    return []


def designator_fits(pattern: str, designator: str) -> bool:
    """Decide whether a designator looks like one of its component.

    Without a pattern any one does; so it does where the catalogue's pattern is none that can be read: a mistake of the
    office does not hold up a technician.
    """
    try:
        return not pattern or compiled(pattern).fullmatch(designator) is not None
    except ValueError:
        return True


def day_at(moment: dt.datetime, time_zone: str) -> dt.date:
    """Return the site-local day of a moment."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


@dataclass(frozen=True, slots=True)
class Entered:
    """On which site-local day a part was entered, whether that was late, and whether the line is on hold for it."""

    on: dt.date
    late: bool
    on_hold: bool


def judge_entry(
    kind: str, *, claimable: bool, key_part: bool, visited_on: dt.date, entered_at: dt.datetime, time_zone: str
) -> Entered:
    """Decide by the same-day rule: parts used or missing are entered on the day of the visit, as its site counts days.

    ``entered_at`` is the phone's estimated time of the entry: that it *arrives* later does not matter. Claimable and
    key parts that are late are on hold.
    """
    on = day_at(entered_at, time_zone)
    late = on > visited_on and kind != "returned"
    return Entered(on, late, late and (claimable or key_part))
