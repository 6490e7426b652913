"""What a technician's paper for one visit says: the fallback for a day without a phone."""

import datetime as dt

import msgspec


class PaperCode(msgspec.Struct, frozen=True):
    """A code that may be written on the sheet, and what it means; ``starred``: its place must be named as well."""

    code: str
    name: str
    starred: bool = False


class PaperHistory(msgspec.Struct, frozen=True):
    """One earlier visit to the unit, in one line."""

    on: dt.date
    text: str


class JobSheetPaper(msgspec.Struct, frozen=True, kw_only=True):
    """One visit to come. Collection code and PIN are the customer's, who keeps a copy of the sheet."""

    job_number: str
    visit_number: int
    kind: str
    mode: str
    priority: int
    subject: str
    problem: str
    tools: str
    reminder: str
    estimated_minutes: int
    customer: str
    contact: str
    phone: str
    site: str
    address: str
    time_zone: str
    planned_from: dt.datetime
    planned_to: dt.datetime
    model_code: str
    model_name: str
    serial: str
    unit_name: str
    technician: str
    technician_number: str
    partner: str
    history: tuple[PaperHistory, ...] = ()
    fault_codes: tuple[PaperCode, ...] = ()
    components: tuple[PaperCode, ...] = ()
    collection_address: str
    pin: str
