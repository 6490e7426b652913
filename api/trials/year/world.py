"""What the year is told with: partners, technicians, units and the story of each visit."""

import datetime as dt
import math
import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

YEAR = 2025
FIRST_DAY, LAST_DAY = dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31)
HONEST = ""
NOT_YET = UUID(int=0)


class Rows:
    """Rows to be stored, by table; every row of a table names the same columns."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def add(self, table: str, **row: Any) -> None:
        """Add one row."""
        self.tables[table].append(row)


class Ids:
    """Draws ids that lie in time as those of a real year would, the same ones for the same seed."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def at(self, moment: dt.datetime) -> UUID:
        """Return a UUIDv7 of that moment. Source: RFC 9562, 5.7."""
        bits = self.rng.getrandbits(74)
        value = (int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62
        return UUID(int=value | (bits & 0x3FFF_FFFF_FFFF_FFFF))


@dataclass(slots=True, eq=False)
class Partner:
    """A service company; ``honesty`` says how seldom its people try something."""

    id: UUID
    code: str
    city: str
    region: str
    size: float
    honesty: float
    phone: str
    lines: tuple[str, ...]
    technicians: list["Technician"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Technician:
    """A partner's technician; ``lines`` are those of a certificate, ``pace`` is their usual part of the standard."""

    id: UUID
    partner: Partner
    lines: tuple[str, ...]
    base: "Place"
    pace: float
    diligence: float
    """How often they take a photo after the repair."""
    load: float
    """Their part of the partner's work beside the others': some have a whole week, some a day of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the earth, in degrees."""

    latitude: float
    longitude: float

    def kilometres_to(self, other: "Place") -> float:
        """Return the distance along a straight line, good enough within a country."""
        height = math.radians((self.latitude + other.latitude) / 2)
        return 111.2 * math.hypot(self.latitude - other.latitude, (self.longitude - other.longitude) * math.cos(height))

    def near(self, rng: random.Random, kilometres: float) -> "Place":
        """Return a point about so far away."""
        return Place(self.latitude + rng.gauss(0, kilometres / 150), self.longitude + rng.gauss(0, kilometres / 95))


@dataclass(slots=True, eq=False)
class Site:
    """Where a customer's units stand; ``charted`` says whether we know the place."""

    id: UUID
    customer_id: UUID
    contact_id: UUID
    city: str
    region: str
    zone: ZoneInfo
    place: Place
    charted: bool
    units: list["Unit"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Unit:
    """An appliance at a customer's site; ``covered_to`` is the last day of its default warranty."""

    id: UUID
    model: str
    line: str
    gtin: str
    serial: str
    key: str
    site: Site
    sold_on: dt.date
    covered_to: dt.date
    status: str
    repaired: list[tuple[str, dt.date]] = field(default_factory=list)
    """The fault group and day of each repair that was needed."""


@dataclass(slots=True)
class Picture:
    """A photo as it was uploaded: its digest, and what it shows: 64 bits of shades, 64 of waves."""

    kind: str
    sha256: str
    taken_at: dt.datetime
    look: int
    place: Place | None = None
    from_gallery: bool = False


@dataclass(slots=True)
class Fitted:
    """A part on the sheet, by its key in the catalogue."""

    part: str
    quantity: int
    new_serial: str = ""
    old_serial: str = ""


@dataclass(slots=True, eq=False)
class Story:
    """One visit as its sheet tells it; ``label`` names the fraud, and only whoever counts afterwards reads it."""

    technician: Technician
    unit: Unit
    group: str
    code: str
    component: str
    reported_at: dt.datetime
    travelled_at: dt.datetime
    arrived_at: dt.datetime
    completed_at: dt.datetime
    submitted_at: dt.datetime
    operation: str
    labour: list[tuple[str, int]]
    travel_minutes: int
    failed_on: dt.date | None
    parts: list[Fitted]
    expenses: list[tuple[str, int]]
    pictures: list[Picture]
    scan: str = "camera"
    """camera, photo, typed, other (of another unit), none."""
    scanned_from: Place | None = None
    """Where the phone says it was."""
    probes: int = 0
    """So many more serials, of no unit, are read on the visit."""
    struck: int = 0
    """So many lines are struck out just before the sheet is handed in."""
    moved_to: Site | None = None
    """Where the job says that the unit stands, where that is not its site."""
    answer: str = ""
    """What the customer says of it when asked, some days later; mostly nobody asks."""
    other_core: bool = False
    """Whether another old part comes back than the one that was taken out."""
    tag: str = "ok"
    """What the tag code on the label was worth."""
    result: str = "repaired"
    clock_uncertain: bool = False
    label: str = HONEST
    attempt: str = ""
    """What is tried beside the plain submission, by its name in ``attempts``."""
    source: bool = False
    """Whether a fraud was copied from it: it stays as it was."""
    same_job: "Story | None" = None
    """The story whose job this visit is one more of."""
    leave: dict[str, Any] = field(default_factory=dict)
    """What the office granted before the work."""
    given_to: Partner | None = None
    """Who has the job by now."""
    job_id: UUID = NOT_YET
    assignment_id: UUID = NOT_YET
    visit_id: UUID = NOT_YET
    op_id: UUID = NOT_YET

    @property
    def site(self) -> Site:
        """Where the job says that the unit stands."""
        return self.moved_to or self.unit.site

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site."""
        return self.site.zone

    @property
    def day(self) -> dt.date:
        """The site's day of the repair."""
        return self.completed_at.astimezone(self.zone).date()

    @property
    def submitted_on(self) -> dt.date:
        """The day, in UTC, on which the sheet reached us."""
        return self.submitted_at.date()


@dataclass(slots=True)
class World:
    """Everything the stories refer to."""

    rng: random.Random
    ids: Ids
    partners: list[Partner] = field(default_factory=list)
    units: dict[tuple[str, str], list[Unit]] = field(default_factory=lambda: defaultdict(list))
    """Installed units by city and product line."""
    made: dict[str, list[Unit]] = field(default_factory=lambda: defaultdict(list))
    """All units of a model in the order in which they were made."""
    idle: list[Unit] = field(default_factory=list)
    """Units that stand at nobody's: in stock, scrapped, stolen, returned."""
    doubtful: list[Unit] = field(default_factory=list)
    """Units that somebody registered on the spot and nobody confirmed."""
    components: dict[tuple[str, str], UUID] = field(default_factory=dict)
    codes: dict[str, UUID] = field(default_factory=dict)
    operations: dict[str, tuple[UUID, int]] = field(default_factory=dict)
    """Operations by code, with their standard minutes."""
    parts: dict[str, tuple[UUID, bool]] = field(default_factory=dict)
    """Parts by number, with whether they carry a serial."""
    office: dict[str, UUID] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    """What the label of each model looks like."""
    uploads: dict[tuple[str, UUID], UUID] = field(default_factory=dict)
    """What was uploaded, by digest and technician."""
