"""The coverage decision: what warranty or contract pays on a day, from frozen facts."""

import calendar
import datetime as dt

import msgspec


class TermFacts(msgspec.Struct, frozen=True):
    """The default warranty of a model for units sold from ``from_on`` on."""

    from_on: dt.date
    parts_months: int
    labour_months: int
    travel_months: int


class ContractFacts(msgspec.Struct, frozen=True):
    """A contract of the customer that lists the unit."""

    number: str
    status: str
    starts_on: dt.date
    ends_on: dt.date
    covers_parts: bool
    covers_labour: bool
    covers_travel: bool


class CoverageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a unit, its model's terms and its customer's contracts.

    ``unit_known`` is false for a unit that the office has not confirmed, ``customer_known`` for one that has no owner.
    """

    model: str
    unit_known: bool
    customer_known: bool
    warranty_start_on: dt.date | None = None
    warranty_end_on: dt.date | None = None
    in_service_on: dt.date | None = None
    installed_on: dt.date | None = None
    sold_on: dt.date | None = None
    terms: tuple[TermFacts, ...] = ()
    contracts: tuple[ContractFacts, ...] = ()


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid on one day and by what; ``ends_on`` is the last day on which anything of it is paid.

    ``source`` is ``contract:<number>``, ``default-warranty:<model>`` or ``none``.
    """

    source: str
    on: dt.date
    parts: bool = False
    labour: bool = False
    travel: bool = False
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None

    @property
    def pays(self) -> bool:
        """Whether anything at all is paid."""
        return self.parts or self.labour or self.travel


def coverage(facts: CoverageFacts, on: dt.date) -> Coverage:
    """Decide what is paid on a day: a contract that passes its three conditions, else the default warranty."""
    return _contract(facts, on) or _default_warranty(facts, on) or Coverage(source="none", on=on)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last of that month where it has no such day.

    A period of months ends with that day. Source: Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c).
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _contract(facts: CoverageFacts, on: dt.date) -> Coverage | None:
    if not (facts.unit_known and facts.customer_known):
        return None
    valid = [
        contract
        for contract in facts.contracts
        if contract.status == "active" and contract.starts_on <= on <= contract.ends_on
    ]
    if not valid:
        return None
    # Where two contracts hold, the customer has paid for both: the wider one answers.
    best = min(
        valid, key=lambda one: (-(one.covers_parts + one.covers_labour + one.covers_travel), one.ends_on, one.number)
    )
    return Coverage(
        source=f"contract:{best.number}",
        on=on,
        parts=best.covers_parts,
        labour=best.covers_labour,
        travel=best.covers_travel,
        starts_on=best.starts_on,
        ends_on=best.ends_on,
    )


def _default_warranty(facts: CoverageFacts, on: dt.date) -> Coverage | None:
    starts_on = facts.warranty_start_on or facts.in_service_on or facts.installed_on or facts.sold_on
    term = _term(facts, facts.sold_on or starts_on)
    if facts.warranty_end_on is not None:
        # The unit's own end overrules the months, not what the model's term pays at all.
        paid = (term.parts_months, term.labour_months, term.travel_months) if term else (1, 1, 1)
        ends = [facts.warranty_end_on if months else None for months in paid]
    elif starts_on is not None and term is not None:
        months = (term.parts_months, term.labour_months, term.travel_months)
        ends = [add_months(starts_on, count) if count else None for count in months]
    else:
        return None
    parts, labour, travel = ((starts_on or on) <= on and end is not None and on <= end for end in ends)
    return Coverage(
        source=f"default-warranty:{facts.model}",
        on=on,
        parts=parts,
        labour=labour,
        travel=travel,
        starts_on=starts_on,
        ends_on=max((end for end in ends if end is not None), default=None),
    )


def _term(facts: CoverageFacts, sold_on: dt.date | None) -> TermFacts | None:
    """Return the terms that held when the unit was sold; the latest of those that had begun."""
    begun = [term for term in facts.terms if sold_on is not None and term.from_on <= sold_on]
    return max(begun, key=lambda term: term.from_on, default=None)
