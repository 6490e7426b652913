"""What a sheet asks to be paid for, line by line, and which of it a coverage pays."""

from collections.abc import Iterable, Iterator

from domain.claims.facts import ClaimFacts, HoldReason, Line, LineKind, PartSeen
from domain.warranty.rules import Coverage


def asked_lines(facts: ClaimFacts) -> Iterator[Line]:
    """Yield the lines of a claim; faults of one group are one line, because they are one repair.

    A trip that did not repair asks for its time and expenses and takes no slot.
    """
    sheet, limits, currency = facts.sheet, facts.limits, facts.partner_currency
    rates = {"labour": limits.labour_minor_per_hour, "travel": limits.travel_minor_per_hour}
    for group in sorted(facts.fault_groups):
        faults = [fault for fault in sheet.faults if fault.fault_group_id == group]
        yield Line(
            kind="fault",
            source_id=faults[0].id,
            label=", ".join(dict.fromkeys(fault.code for fault in faults)),
            state="in_review",
            fault_group_id=group,
            amount_minor=None if limits.labour_minor_per_hour is None else 0,
            currency=None if limits.labour_minor_per_hour is None else currency,
        )
    worth = _worth(sheet.parts, currency)
    for part in sheet.parts:
        asked = _price(part, currency)
        hold = _hold(facts, part, worth[part.number])
        yield Line(
            kind="part",
            source_id=part.id,
            label=part.number,
            state="in_review",
            quantity=part.quantity,
            amount_minor=asked,
            currency=part.currency,
            on_hold=bool(hold) or (part.on_hold and part.entered_on is None),
            hold_reason=hold,
        )
    for time in sheet.times:
        rate = rates[time.kind]
        yield Line(
            kind=time.kind,
            source_id=time.id,
            label=time.operation or "",
            state="in_review",
            minutes=time.minutes,
            amount_minor=None if rate is None else wage(time.minutes, rate),
            currency=None if rate is None else currency,
        )
    for expense in sheet.expenses:
        yield Line(
            kind="expense",
            source_id=expense.id,
            label=expense.kind,
            state="in_review",
            amount_minor=expense.amount_minor,
            currency=expense.currency,
        )


def _price(part: PartSeen, currency: str | None) -> int | None:
    """Return what a part asks for: nothing where nobody is paid for it, unknown in a currency of its own."""
    if part.price_minor is None or part.currency != currency:
        return None
    return part.price_minor * part.quantity if part.claimable else 0


def _worth(parts: Iterable[PartSeen], currency: str | None) -> dict[str, int]:
    """Return what a claim asks for all of each part number, so that three lines of one count as one line of three."""
    worth: dict[str, int] = {}
    for part in parts:
        worth[part.number] = worth.get(part.number, 0) + (_price(part, currency) or 0)
    return worth


def _hold(facts: ClaimFacts, part: PartSeen, worth: int) -> HoldReason:
    """Return why a part's line is not paid yet; the same-day rule holds it only until it was entered."""
    if part.on_hold and part.entered_on is not None and part.entered_on > facts.submitted_on:
        return "same-day"
    most = facts.limits.core_return_minor
    return "core-return" if most is not None and worth > most else ""


def wage(minutes: int, minor_per_hour: int) -> int:
    """Return what minutes are paid with, rounded half up to the smallest coin."""
    return (minutes * minor_per_hour + 30) // 60


def sum_in(currency: str | None, lines: Iterable[Line]) -> int:
    """Return the sum of what lines ask for in a currency; money of another one is not added up."""
    return sum(line.amount_minor or 0 for line in lines if line.currency == currency)


def is_paid_by(coverage: Coverage, kind: LineKind) -> bool:
    """Tell whether a coverage pays a kind of line; expenses are part of the trip."""
    if kind == "part":
        return coverage.parts
    if kind == "labour":
        return coverage.labour
    if kind in ("travel", "expense"):
        return coverage.travel
    return coverage.pays
