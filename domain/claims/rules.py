"""The gate's certain rules: one small function each, in the order of one table.

A rule looks at frozen facts and finds something or nothing. Its mode says what a finding leads to; the mode is the
programme's, but never milder than the rule's floor: where the database refuses anyway, a rule reviews or blocks.

Where each rule lives, and the wall that holds even if its code is wrong:

====  =========================================  ==============================================================
D1    unit known and confirmed                   here; checks ``unit_known`` of claim and claim_line
D2    unit sold or installed                     here, on the status read under the unit's lock (``gate_unit``)
D3    one live line for unit and fault group     slots.py; unique index ``uq_claim_line_live``
D4    one claim for a visit                      here; unique key of ``claim.visit_id``
D5    repair windows apart                       slots.py; exclusion ``ex_claim_line_window``, after the unit's lock
D6    a component sits in one place              elsewhere.py, fitting.py; unique index ``uq_unit_component_serial_now``
D7    cover computed here, kept as a snapshot    opening.py, warranty/rules.py; installs/corrections.py for two people
D8    failure, repair, submission in order       here; no check may refuse a synced operation
D9    authorised, active, certified              here; ``ck_claim_authorised`` and the key to the dated authorisation
D10   assigned to this partner                   here; key to its assignment, ``uq_claim_assignment_paid_once``
D11   labour and parts within the standard       here
D12   a technician in one place                  elsewhere.py; exclusion ``ex_visit_planned_slot`` for planned slots
D13   the photo of no other job                  elsewhere.py; ``ck_claim_photos_of_this_job``
D14   one operation, one effect                  kit/work.py: journal entry and claim have the operation's id as key
D15   approver of another organisation           adjudication.py and its checks on the decisions
D16   the old part comes back                    lines.py holds, the review lifts; ``ck_claim_line_held_is_not_paid``
D17   the tag code of the label is right         here, on what tags.py found before any look-up
====  =========================================  ==============================================================
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from domain.claims.elsewhere import components_in_one_place, photos_of_this_job, technician_in_one_place
from domain.claims.facts import (
    MODES,
    NOTHING_MORE,
    Allowance,
    ClaimDecision,
    ClaimFacts,
    Hit,
    Lane,
    Line,
    LineState,
    Mode,
    Result,
    ScanFacts,
    ScanHit,
    ScanVerdict,
    Told,
)
from domain.claims.findings import ASK_THE_OFFICE, UNDER_CHECK, Finding
from domain.claims.lines import asked_lines, is_paid_by, sum_in
from domain.claims.slots import one_live_line, overlapping, taken, windows_apart

GOODWILL = "goodwill-authorised"
IN_USE = frozenset({"sold", "installed", "unconfirmed"})
"""A unit that may need a repair; an unconfirmed one stands at a customer, whoever it turns out to be."""
T = TypeVar("T")


def names_unit(
    readings: Iterable[tuple[str, str | None, str | None]], serial_key: str, gtin: str | None, model: str
) -> bool:
    """Tell whether one of the readings (serial key, GTIN, model code) is this unit and contradicts nothing of it."""
    return any(
        key == serial_key and (read_gtin is None or gtin is None or read_gtin == gtin) and read_model in (None, model)
        for key, read_gtin, read_model in readings
    )


def judge_scan(facts: ScanFacts) -> ScanVerdict:
    """Decide what one reading says of its unit; it judges and never stops the visit."""
    hits: list[ScanHit] = []
    if facts.source == "typed":
        hits.append(ScanHit("typed", "typed-serial"))
    if not facts.matches_job:
        hits.append(ScanHit("scan-unit", "scan-of-another-unit"))
    if facts.tag in ("wrong", "revoked"):
        hits.append(ScanHit("D17", f"tag-{facts.tag}"))
    if not facts.assigned:
        hits.append(ScanHit("D10", "assigned-to-another"))
    status = facts.unit_status
    if status is None:
        several = "several-units" if facts.units_found else "unknown-serial"
        hits.append(ScanHit("D1", several if facts.serial_read else "no-serial"))
        return ScanVerdict(known=False, in_use=False, covered=False, hits=tuple(hits))
    if status == "unconfirmed":
        hits.append(ScanHit("D1", "unit-unconfirmed"))
    if status not in IN_USE:
        hits.append(ScanHit("D2", _not_in_use(status)))
    if any(rival.is_live for rival in facts.rivals):
        hits.append(ScanHit("D3", "already-claimed"))
    covered = facts.coverage is not None and facts.coverage.pays
    if not covered:
        hits.append(ScanHit("coverage", "not-covered"))
    return ScanVerdict(known=True, in_use=status in IN_USE, covered=covered, hits=tuple(hits))


def _not_in_use(status: str) -> str:
    return f"unit-{status}".replace("_", "-")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the gate: ``mode`` where the programme says nothing, ``floor`` below which none may set it."""

    id: str
    version: int
    look: Callable[[ClaimFacts], Finding | None]
    mode: Mode
    floor: Mode = "off"

    def mode_in(self, modes: dict[str, Mode]) -> Mode:
        """Return the mode that holds."""
        return max(modes.get(self.id, self.mode), self.floor, key=MODES.index)


def _no_scan(facts: ClaimFacts) -> Finding | None:
    return Finding("no-scan", "no-scan") if facts.scan is None else None


def _unit_confirmed(facts: ClaimFacts) -> Finding | None:
    if facts.unit_status != "unconfirmed":
        return None
    return Finding("unit-unconfirmed", UNDER_CHECK, inputs={"unit_status": facts.unit_status})


def _scan_is_of_this_unit(facts: ClaimFacts) -> Finding | None:
    if facts.scan is None or facts.scan.matches_job:
        return None
    return Finding("scan-of-another-unit", UNDER_CHECK, inputs={"scan": str(facts.scan.id)})


def _read_by_a_machine(facts: ClaimFacts) -> Finding | None:
    if facts.scan is None or facts.scan.source != "typed":
        return None
    return Finding("typed-serial", "typed-serial", inputs={"scan": str(facts.scan.id)})


def _label_is_ours(facts: ClaimFacts) -> Finding | None:
    """A label with a wrong code is a copy, or somebody's invention; one that was revoked should be on no machine."""
    if facts.scan is None or facts.scan.tag not in ("wrong", "revoked"):
        return None
    return Finding(f"tag-{facts.scan.tag}", UNDER_CHECK, at_most_review=True, inputs={"scan": str(facts.scan.id)})


def _partner_unlocked(facts: ClaimFacts) -> Finding | None:
    """A partner that was seen probing serials: a person looks at each of its claims until a manager unlocks it."""
    return Finding("partner-locked", UNDER_CHECK, at_most_review=True) if facts.partner_locked else None


def _unit_in_use(facts: ClaimFacts) -> Finding | None:
    if facts.unit_status in IN_USE:
        return None
    reason, inputs = _not_in_use(facts.unit_status), {"unit_status": facts.unit_status}
    since = facts.unit_status_on
    if since is None or since <= facts.repaired_on:
        return Finding(reason, ASK_THE_OFFICE, inputs=inputs)
    # A claim may arrive after the machine that it is for was scrapped or replaced.
    later = {"unit_status_on": since.isoformat(), "repaired_on": facts.repaired_on.isoformat()}
    return Finding(reason, ASK_THE_OFFICE, at_most_review=True, inputs=inputs | later)


def _one_claim_per_visit(facts: ClaimFacts) -> Finding | None:
    if not facts.visit_claims:
        return None
    return Finding("visit-already-claimed", "already-claimed", inputs={"claims": list(facts.visit_claims)})


def _days_in_order(facts: ClaimFacts) -> Finding | None:
    days = {
        "failed_on": facts.failed_on.isoformat(),
        "repaired_on": facts.repaired_on.isoformat(),
        "submitted_on": facts.submitted_on.isoformat(),
    }
    soft = facts.clock_uncertain
    if any(day > facts.repaired_on for day in (facts.failed_on, *_said_days(facts))):
        return Finding("failed-after-repair", "days-out-of-order", soft, days)
    if facts.repaired_on > facts.submitted_on:
        return Finding("repaired-after-submission", "days-out-of-order", soft, days)
    if (facts.submitted_on - facts.repaired_on).days > facts.limits.days_to_submit:
        return Finding("submitted-late", "submitted-late", soft, days | {"days_max": facts.limits.days_to_submit})
    if facts.reported_on is not None and facts.repaired_on < facts.reported_on:
        # A job may be opened late for work that was done; or the day was chosen.
        reported = {"reported_on": facts.reported_on.isoformat()}
        return Finding("repaired-before-reported", "days-out-of-order", True, days | reported)
    came, left = facts.arrived_at, facts.completed_at
    if came is not None and left is not None and left <= came:
        # Nobody works so: a clock went wrong, or the moments were chosen so that they meet no other visit.
        moments = {"arrived_at": came.isoformat(), "completed_at": left.isoformat()}
        return Finding("completed-before-arrived", "completed-before-arrived", True, moments)
    return None


def _said_days(facts: ClaimFacts) -> list[dt.date]:
    return [fault.failed_on for fault in facts.sheet.faults if fault.failed_on is not None]


def _covered_by_more_than_a_word(facts: ClaimFacts) -> Finding | None:
    """The day of the failure is what the technician says: where the cover hangs on it alone, a person looks."""
    if facts.covered_when_reported or not facts.coverage.pays:
        return None
    inputs = {"failed_on": facts.failed_on.isoformat(), "reported_on": str(facts.reported_on)}
    return Finding("not-covered-when-reported", UNDER_CHECK, at_most_review=True, inputs=inputs)


def _clock_is_certain(facts: ClaimFacts) -> Finding | None:
    return Finding("clock-uncertain", "clock-uncertain", at_most_review=True) if facts.clock_uncertain else None


def _repaired(facts: ClaimFacts) -> Finding | None:
    return None if facts.repaired else Finding("not-repaired", "not-repaired")


def _authorised(facts: ClaimFacts) -> Finding | None:
    permit = facts.permit
    if permit is None:
        return None
    inputs = {
        "product_line": permit.product_line,
        "region": permit.region,
        "repaired_on": facts.repaired_on.isoformat(),
    }
    if permit.authorisation_id is None or not permit.partner_active:
        return Finding("partner-not-authorised", "not-authorised", inputs=inputs)
    if not permit.technician_active:
        return Finding("technician-not-active", "not-authorised", inputs=inputs)
    return None if permit.certified else Finding("technician-not-certified", "not-authorised", inputs=inputs)


def _own_assignment(facts: ClaimFacts) -> Finding | None:
    if facts.assignment_partner_id != facts.partner_id:
        return Finding("assigned-to-another", ASK_THE_OFFICE)
    if facts.assignment_claims and not facts.allowance.repeat_trip:
        paid = list(facts.assignment_claims)
        return Finding("assignment-already-claimed", "assignment-already-claimed", True, {"claims": paid})
    if not facts.assignment_current:
        return Finding("reassigned-meanwhile", ASK_THE_OFFICE, at_most_review=True)
    return None


def _within_standard(facts: ClaimFacts) -> Finding | None:
    """Compare sums, so that an hour in four entries counts as an hour and an operation named twice as one.

    What the catalogue says of an operation or a part is a hard fact; beyond a limit of the programme a person looks.
    What was authorised beforehand is no more than was asked for, whatever the limits say.
    """
    limits, leave = facts.limits, _leave(facts)
    authorised = {part.number: part.quantity for part in leave.parts}
    over_catalogue: list[dict[str, Any]] = []
    over_programme: list[dict[str, Any]] = []
    labour = [time for time in facts.sheet.times if time.kind == "labour"]
    worked = sum(time.minutes for time in labour)
    if worked <= (leave.labour_minutes or 0):
        labour, worked = [], 0
    for operation, times in _grouped(labour, lambda time: time.operation).items():
        minutes = sum(time.minutes for time in times)
        standard = times[0].standard_minutes
        allowed = (
            limits.labour_minutes_without_operation_max
            if standard is None
            else standard * limits.labour_percent_max // 100
        )
        if minutes > allowed:
            over = over_programme if standard is None else over_catalogue
            over.append({"operation": operation, "minutes": minutes, "minutes_max": allowed})
    if _is_over(worked, limits.labour_minutes_max):
        over_programme.append({"labour_minutes": worked, "labour_minutes_max": limits.labour_minutes_max})
    paid = [part for part in facts.sheet.parts if part.claimable]
    kinds = _grouped(paid, lambda part: part.number)
    for number, parts in kinds.items():
        quantity = sum(part.quantity for part in parts)
        most = parts[0].quantity_max
        allowed = max(limits.part_quantity_max if most is None else most, authorised.get(number, 0))
        if quantity > allowed:
            over = over_programme if most is None else over_catalogue
            over.append({"part": number, "quantity": quantity, "quantity_max": allowed})
    unasked = len(kinds.keys() - authorised.keys())
    if _is_over(unasked, limits.part_kinds_max):
        over_programme.append({"part_kinds": unasked, "part_kinds_max": limits.part_kinds_max})
    inputs = {"over": over_catalogue + over_programme}
    if over_catalogue and leave == facts.allowance:
        return Finding("over-standard", "needs-authorisation", inputs=inputs)
    if not over_catalogue and not over_programme:
        return None
    return Finding("over-standard", UNDER_CHECK, at_most_review=True, inputs=inputs)


def _leave(facts: ClaimFacts) -> Allowance:
    """Return what was authorised beforehand: one person did, so nothing of a claim that takes two people to grant."""
    most = facts.limits.two_people_over_minor
    if facts.allowance == NOTHING_MORE or not _is_over(sum_in(facts.partner_currency, asked_lines(facts)), most):
        return facts.allowance
    return NOTHING_MORE


def _is_over(asked: int, most: int | None) -> bool:
    return most is not None and asked > most


def _expenses_within_limit(facts: ClaimFacts) -> Finding | None:
    """Money of another currency is not added up: a person looks at it."""
    currency, most = facts.partner_currency, facts.limits.expense_minor_max
    if currency is None:
        return None
    prices = {part.currency for part in facts.sheet.parts if part.claimable and part.currency is not None}
    foreign = sorted(({expense.currency for expense in facts.sheet.expenses} | prices) - {currency})
    if foreign:
        return Finding("foreign-currency", UNDER_CHECK, True, {"foreign": foreign, "partner_currency": currency})
    spent = sum(expense.amount_minor for expense in facts.sheet.expenses)
    if not _is_over(spent, most) or spent <= (_leave(facts).amount_minor or 0):
        return None
    inputs = {"expense_minor": spent, "expense_minor_max": most, "partner_currency": currency}
    return Finding("expense-over-limit", UNDER_CHECK, at_most_review=True, inputs=inputs)


def _travel_within_limit(facts: ClaimFacts) -> Finding | None:
    minutes = sum(time.minutes for time in facts.sheet.times if time.kind == "travel")
    most = facts.limits.travel_minutes_max
    if not _is_over(minutes, most):
        return None
    inputs = {"travel_minutes": minutes, "travel_minutes_max": most}
    return Finding("travel-over-limit", UNDER_CHECK, at_most_review=True, inputs=inputs)


def _grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> dict[Any, list[T]]:
    groups: dict[Any, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def _covered(facts: ClaimFacts) -> Finding | None:
    """What is not covered is not paid; where goodwill was authorised a person looks at it."""
    if facts.allowance.goodwill and not all(is_paid_by(facts.coverage, line.kind) for line in asked_lines(facts)):
        return Finding(GOODWILL, UNDER_CHECK, at_most_review=True, inputs={"source": facts.coverage.source})
    if facts.coverage.pays:
        return None
    # For a unit that nobody confirmed, the dates are not hard facts.
    return Finding(
        "not-covered",
        "not-covered",
        at_most_review=facts.unit_status == "unconfirmed",
        inputs={"source": facts.coverage.source, "failed_on": facts.failed_on.isoformat()},
    )


RULES: tuple[Rule, ...] = (
    Rule("no-scan", 1, _no_scan, "block", floor="block"),
    Rule("D1", 1, _unit_confirmed, "review", floor="review"),
    Rule("scan-unit", 1, _scan_is_of_this_unit, "review", floor="review"),
    Rule("typed", 1, _read_by_a_machine, "review", floor="review"),
    Rule("D17", 1, _label_is_ours, "review", floor="review"),
    Rule("watch", 1, _partner_unlocked, "review", floor="review"),
    Rule("D2", 2, _unit_in_use, "block"),
    Rule("D3", 2, one_live_line, "block", floor="review"),
    Rule("D4", 1, _one_claim_per_visit, "block", floor="block"),
    Rule("D5", 1, windows_apart, "block", floor="review"),
    Rule("D6", 1, components_in_one_place, "review", floor="review"),
    Rule("D8", 3, _days_in_order, "block"),
    Rule("failure-day", 1, _covered_by_more_than_a_word, "review", floor="review"),
    Rule("clock", 1, _clock_is_certain, "review", floor="review"),
    Rule("repaired", 1, _repaired, "review"),
    Rule("D9", 1, _authorised, "review", floor="review"),
    Rule("D10", 3, _own_assignment, "block", floor="review"),
    Rule("D11", 5, _within_standard, "review"),
    Rule("D12", 1, technician_in_one_place, "review"),
    Rule("D13", 1, photos_of_this_job, "review", floor="review"),
    Rule("expense", 4, _expenses_within_limit, "review"),
    Rule("travel", 1, _travel_within_limit, "review"),
    Rule("coverage", 2, _covered, "block"),
)
VERSIONS = {rule.id: rule.version for rule in RULES}
_RESULT_OF: dict[Mode, Result] = {"warn": "warn", "review": "review", "block": "refuse"}
_LANE_OF: dict[Result, Lane] = {"warn": "accept", "review": "review", "refuse": "refuse"}
_STATE_OF: dict[Lane, LineState] = {"accept": "accepted", "review": "in_review", "refuse": "refused"}
_LANES: tuple[Lane, ...] = ("accept", "review", "refuse")


def decide(facts: ClaimFacts) -> ClaimDecision:
    """Decide the lane of a claim: the strictest result of all rules that are on, each with its reason."""
    hits = tuple(hit for rule in RULES if (hit := _judge(rule, facts)) is not None)
    lane: Lane = max((_LANE_OF[hit.result] for hit in hits), key=_LANES.index, default=_LANES[0])
    state = _STATE_OF[lane]
    reasons = dict.fromkeys(hit.told for hit in hits if hit.result != "warn")
    return ClaimDecision(
        lane=lane,
        state=state,
        payable=lane == "accept",
        hits=hits,
        lines=tuple(_stand(line, facts, hits, state) for line in asked_lines(facts)),
        told=Told(state=state, reasons=tuple(reasons)),
        versions=VERSIONS,
    )


def uses_allowance(facts: ClaimFacts) -> bool:
    """Tell whether a pre-authorisation changes what the rules find: one that does not is kept for later."""
    bare = msgspec.structs.replace(facts, allowance=NOTHING_MORE)
    return facts.allowance != NOTHING_MORE and any(rule.look(bare) != rule.look(facts) for rule in RULES)


def _judge(rule: Rule, facts: ClaimFacts) -> Hit | None:
    mode = rule.mode_in(facts.modes)
    found = None if mode == "off" else rule.look(facts)
    if found is None:
        return None
    leads_to = min(mode, "review", key=MODES.index) if found.at_most_review else mode
    return Hit(
        rule=rule.id,
        version=rule.version,
        mode=mode,
        result=_RESULT_OF[leads_to],
        reason=found.reason,
        told=found.told,
        inputs=found.inputs,
    )


def _stand(line: Line, facts: ClaimFacts, hits: tuple[Hit, ...], state: LineState) -> Line:
    """Return the line as the claim stands, or refused where it alone is not paid or its slot is taken."""
    reason = ""
    goodwill = any(hit.reason == GOODWILL for hit in hits)
    if facts.unit_status != "unconfirmed" and not goodwill and not is_paid_by(facts.coverage, line.kind):
        reason = "not-covered"
    elif line.kind == "part" and any(part.id == line.source_id and not part.claimable for part in facts.sheet.parts):
        reason = "not-claimable"
    elif line.kind == "fault":
        blocked = {hit.rule for hit in hits if hit.mode == "block"}
        if "D3" in blocked and line.fault_group_id in taken(facts):
            reason = "already-claimed"
        elif "D5" in blocked and line.fault_group_id in overlapping(facts):
            reason = "window-overlaps"
    return msgspec.structs.replace(line, state="refused" if reason else state, reason=reason)
