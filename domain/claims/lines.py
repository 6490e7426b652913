"""What a sheet asks to be paid for, line by line, and which of it a coverage pays."""

from collections.abc import Iterator

from domain.claims.facts import ClaimFacts, Line, LineKind
from domain.warranty.rules import Coverage


def asked_lines(facts: ClaimFacts) -> Iterator[Line]:
    """Yield the lines of a claim; faults of one group are one line, because they are one repair.

    A trip that did not repair asks for its time and expenses and takes no slot.
    """
    sheet = facts.sheet
    for group in sorted(facts.fault_groups):
        faults = [fault for fault in sheet.faults if fault.fault_group_id == group]
        yield Line(
            kind="fault",
            source_id=faults[0].id,
            label=", ".join(dict.fromkeys(fault.code for fault in faults)),
            state="in_review",
            fault_group_id=group,
        )
    for part in sheet.parts:
        yield Line(
            kind="part",
            source_id=part.id,
            label=part.number,
            state="in_review",
            quantity=part.quantity,
            on_hold=part.on_hold,
        )
    for time in sheet.times:
        yield Line(
            kind=time.kind, source_id=time.id, label=time.operation or "", state="in_review", minutes=time.minutes
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


def is_paid_by(coverage: Coverage, kind: LineKind) -> bool:
    """Tell whether a coverage pays a kind of line; expenses are part of the trip."""
    if kind == "part":
        return coverage.parts
    if kind == "labour":
        return coverage.labour
    if kind in ("travel", "expense"):
        return coverage.travel
    return coverage.pays
