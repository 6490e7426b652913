"""What the gate knows and what it decides, as frozen shapes: both are stored, so that a verdict can be replayed.

A field that a later rule needs is added with a default; facts that were stored before still replay to their decision.
"""

import datetime as dt
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from domain.kit.limits import AmountMinor, Minutes, Quantity
from domain.kit.limits import Line as Words
from domain.warranty.rules import Coverage

Source = Literal["camera", "photo", "typed"]
TagState = Literal["none", "ok", "wrong", "revoked"]
"""What the tag code of a label of ours was worth; ``none`` where the reading had no code."""
Mode = Literal["off", "warn", "review", "block"]
Lane = Literal["accept", "review", "refuse"]
Result = Literal["warn", "review", "refuse"]
LineKind = Literal["fault", "part", "labour", "travel", "expense"]
HoldReason = Literal["", "same-day", "core-return"]
LineState = Literal["accepted", "in_review", "refused"]
ClaimState = Literal["accepted", "in_review", "sent_back", "refused", "approved", "paid", "withdrawn"]

MODES: tuple[Mode, ...] = ("off", "warn", "review", "block")
"""From mild to strict."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a programme. None: the facts are older than the limit, and it limits nothing in them.

    ``part_quantity_max`` is for a part of which the catalogue does not say how many a repair can need;
    ``labour_minutes_max``, ``part_kinds_max``, ``travel_minutes_max`` and ``expense_minor_max`` are for a whole visit,
    the last in the partner's currency, as are ``labour_minor_per_hour`` and ``travel_minor_per_hour``, what an hour is
    paid with. From ``risk_points_review`` points on a person looks at a claim that was accepted. A
    part that asks for more than ``core_return_minor`` is paid when the old one is back; None: none is asked for.
    Above ``two_people_over_minor`` a second person confirms what the first approved; a partner has ``days_to_answer``.
    """

    days_to_submit: int
    labour_percent_max: int
    labour_minutes_without_operation_max: int
    part_quantity_max: int
    labour_minutes_max: int | None = None
    part_kinds_max: int | None = None
    travel_minutes_max: int | None = None
    expense_minor_max: int | None = None
    labour_minor_per_hour: int | None = None
    travel_minor_per_hour: int | None = None
    risk_points_review: int | None = None
    core_return_minor: int | None = None
    two_people_over_minor: int | None = None
    days_to_answer: int | None = None


DEFAULTS = Limits(
    days_to_submit=30,
    labour_percent_max=100,
    labour_minutes_without_operation_max=60,
    part_quantity_max=4,
    labour_minutes_max=480,
    part_kinds_max=8,
    travel_minutes_max=240,
    expense_minor_max=20_000,
    labour_minor_per_hour=4_500,
    travel_minor_per_hour=3_000,
    risk_points_review=100,
    two_people_over_minor=100_000,
    days_to_answer=14,
)
"""What stands where the programme's version in force names nothing."""


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """A fault line of another claim on the same unit: accepted, approved, paid, or waiting for a person."""

    claim_number: int
    partner_id: UUID
    fault_group_id: UUID
    state: str
    repaired_on: dt.date
    failed_on: dt.date | None = None

    @property
    def is_live(self) -> bool:
        """Paid lines no longer occupy their slot: a real second failure next year is not a duplicate."""
        return self.state in ("accepted", "approved")

    @property
    def waits(self) -> bool:
        """Whether a person has yet to say if it stands."""
        return self.state in ("in_review", "sent_back")


class ScanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when one reading is judged.

    ``units_found`` counts the units the serial may name; ``assigned`` says that the visit's assignment is of the side
    that scanned; ``unit_status``, ``rivals`` and ``coverage`` are of the one unit that was found.
    """

    source: Source
    serial_read: bool
    matches_job: bool
    units_found: int
    assigned: bool
    scanned_on: dt.date
    tag: TagState = "none"
    unit_id: UUID | None = None
    unit_status: str | None = None
    rivals: tuple[Rival, ...] = ()
    coverage: Coverage | None = None


class ScanHit(msgspec.Struct, frozen=True):
    """A rule that a reading did not pass."""

    rule: str
    reason: str


class ScanVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading says about its unit: known, free to be repaired, covered, and every rule it did not pass."""

    known: bool
    in_use: bool
    covered: bool
    hits: tuple[ScanHit, ...] = ()


class ScanSeen(msgspec.Struct, frozen=True):
    """The reading a claim rests on."""

    id: UUID
    source: Source
    matches_job: bool
    tag: TagState = "none"


class FaultSeen(msgspec.Struct, frozen=True):
    """A fault record of the visit."""

    id: UUID
    fault_group_id: UUID
    code: str
    failed_on: dt.date | None = None


class PartSeen(msgspec.Struct, frozen=True):
    """A part that was fitted; ``quantity_max`` is what a repair of these faults can need, if the catalogue says.

    A part that is not ``claimable`` belongs on the sheet and is paid to nobody. ``price_minor`` is of one of it, in
    ``currency``. ``on_hold`` says that it was entered late; the hold lifts once it is entered. ``serial`` is the key of
    the component that was fitted, '' without one.
    """

    id: UUID
    number: str
    quantity: int
    on_hold: bool
    quantity_max: int | None = None
    claimable: bool = True
    price_minor: int | None = None
    currency: str | None = None
    entered_on: dt.date | None = None
    serial: str = ""


class TimeSeen(msgspec.Struct, frozen=True):
    """Travel or labour, with the standard minutes of its operation."""

    id: UUID
    kind: Literal["travel", "labour"]
    minutes: int
    operation: str | None = None
    standard_minutes: int | None = None


class ExpenseSeen(msgspec.Struct, frozen=True):
    """Money spent on the visit."""

    id: UUID
    kind: str
    amount_minor: int
    currency: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the visit's sheet asks to be paid for."""

    faults: tuple[FaultSeen, ...] = ()
    parts: tuple[PartSeen, ...] = ()
    times: tuple[TimeSeen, ...] = ()
    expenses: tuple[ExpenseSeen, ...] = ()


class ComponentElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Where the serial of a component that was fitted also is: in another unit, by a position or by another's claim."""

    part_id: UUID
    serial: str
    unit_id: UUID | None
    claim_number: int | None = None


class VisitElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A visit of the same technician at another site, some of it at the same time."""

    visit_id: UUID
    job_number: int
    arrived_at: dt.datetime
    completed_at: dt.datetime


class PhotoElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of the visit whose bytes are a photo of another job too."""

    photo_id: UUID
    job_number: int


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What of the visit is found in other places, whoever's they are; each list is cut at fifty."""

    components: tuple[ComponentElsewhere, ...] = ()
    visits: tuple[VisitElsewhere, ...] = ()
    photos: tuple[PhotoElsewhere, ...] = ()


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the visit's partner and technician may repair this product there on the day of the repair.

    ``authorisation_id`` is the partner's authorisation in force for the product line and the site's region.
    """

    product_line: str
    region: str
    authorisation_id: UUID | None
    partner_active: bool
    technician_active: bool
    certified: bool


class PartAllowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of a part."""

    number: Words
    quantity: Quantity


class Allowance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a pre-authorisation lets pass: labour of the whole visit, parts, money for expenses, a trip, goodwill.

    `labour_minutes` is for all labour together, `amount_minor` in the partner's currency. With `goodwill` a person
    looks at what the cover does not pay; with `repeat_trip` the assignment is claimed once more.
    """

    labour_minutes: Minutes | None = None
    parts: Annotated[tuple[PartAllowed, ...], msgspec.Meta(max_length=20)] = ()
    amount_minor: AmountMinor | None = None
    goodwill: bool = False
    repeat_trip: bool = False


NOTHING_MORE = Allowance()


class ClaimFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the claim of one visit is decided from. Days are the site's.

    ``assignment_claims`` and ``visit_claims`` are the numbers of earlier claims that stand on the same assignment and
    visit; ``assignment_current`` is false where the job was given to somebody else meanwhile. ``reported_on`` is when
    the office created the job: the one day that is not the partner's word; was anything paid on it?
    ``arrived_at`` and ``completed_at`` are the visit's moments; ``unit_status_on`` is the day on which the unit got its
    status, None where it has the one it came with.
    ``partner_currency``, ``permit`` and ``elsewhere`` are None in facts older than the rules that ask for them.
    """

    partner_id: UUID
    assignment_partner_id: UUID | None
    assignment_current: bool
    assignment_claims: tuple[int, ...]
    visit_claims: tuple[int, ...]
    unit_id: UUID
    unit_status: str
    scan: ScanSeen | None
    failed_on: dt.date
    repaired_on: dt.date
    submitted_on: dt.date
    clock_uncertain: bool
    repaired: bool
    coverage: Coverage
    sheet: Sheet
    rivals: tuple[Rival, ...]
    limits: Limits = DEFAULTS
    modes: dict[str, Mode] = {}
    reported_on: dt.date | None = None
    covered_when_reported: bool = True
    partner_currency: str | None = None
    partner_locked: bool = False
    permit: Permit | None = None
    preauthorisation_id: UUID | None = None
    allowance: Allowance = NOTHING_MORE
    elsewhere: Elsewhere | None = None
    arrived_at: dt.datetime | None = None
    completed_at: dt.datetime | None = None
    unit_status_on: dt.date | None = None

    @property
    def fault_groups(self) -> set[UUID]:
        """The slots of the unit this claim asks for: none where nothing was repaired."""
        return {fault.fault_group_id for fault in self.sheet.faults} if self.repaired else set()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that the claim did not pass; ``told`` is the word its partner may hear."""

    rule: str
    version: int
    mode: Mode
    result: Result
    reason: str
    told: str
    inputs: dict[str, Any]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be paid for, and where it stands; ``source_id`` is its line on the sheet.

    ``amount_minor`` is what is asked for it, None where nobody can say it in the partner's currency.
    """

    kind: LineKind
    source_id: UUID
    label: str
    state: LineState
    reason: str = ""
    fault_group_id: UUID | None = None
    quantity: int | None = None
    minutes: int | None = None
    amount_minor: int | None = None
    currency: str | None = None
    on_hold: bool = False
    hold_reason: HoldReason = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the partner hears of its claim."""

    state: ClaimState
    reasons: tuple[str, ...] = ()


class ClaimDecision(msgspec.Struct, frozen=True, kw_only=True):
    """The lane, the state it puts the claim in, what each line stands at, and why.

    ``versions`` are the rules that judged it; None in a decision that is older than the noting of them.
    """

    lane: Lane
    state: LineState
    payable: bool
    hits: tuple[Hit, ...]
    lines: tuple[Line, ...]
    told: Told
    versions: dict[str, int] | None = None
