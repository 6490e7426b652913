"""The service report as it is frozen: what was found and done on one visit, and the bytes it is sealed by.

The truth of a report is `freeze(document)`: canonical JSON, stored once and never written again. PDF, QR and web
page are renderings of it. What names a person stands in a `PersonalPart` of its own, which the document only commits
to: with the part and its salt erased, the document and everything sealed over it still hold.
"""

import hashlib
import hmac
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

Code = Annotated[str, Meta(max_length=64)]
Name = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=10_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Minor = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

document_bytes_max = 1024 * 1024
"""Prints in less than two seconds."""
salt_bytes = 32
int_max = 2**53 - 1
"""Larger numbers read differently in a browser."""

Result = Literal["repaired", "not-repaired", "no-fault-found", "maintained", "installed", "inspected", "advised"]
JobKind = Literal["repair", "install", "maintain", "inspect", "advise"]
Mode = Literal["on_site", "bench", "remote"]
NoSignature = Literal["absent", "declined", "remote"]


class NotCanonical(ValueError):
    """This cannot stand in a sealed document, or is not written the one way it may be written."""


class Coverage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What warranty or contract pays for this visit, and the words of the term that says so."""

    parts: bool
    labour: bool
    travel: bool
    source: Name = ""


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault record; the designator is the component's place on the board or drawing."""

    symptom: Text = ""
    code: Code = ""
    name: Name = ""
    cause: Text = ""
    action: Text = ""
    component: Name = ""
    designator: Code = ""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part used; on hold when it was entered after the day of the visit."""

    number: Code
    name: Name = ""
    quantity: Count = 1
    unit: Code = "pcs"
    old_serial: Name = ""
    new_serial: Name = ""
    designator: Code = ""
    on_hold: bool = False


class Time(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Minutes of travel or labour, and the labour operation they went into."""

    kind: Code
    minutes: Minutes
    operation: Name = ""


class Money(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units of its currency: an expense, or what the customer was charged."""

    kind: Code
    amount_minor: Minor
    currency: Currency
    note: Name = ""


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measured value, kept as the text that was read."""

    name: Name
    value: Code
    unit: Code = ""


class Photo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A photo by the SHA-256 of its stored bytes."""

    sha256: Sha256
    kind: Code = ""
    caption: Name = ""


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the checklist of an installation, maintenance or inspection."""

    name: Name
    outcome: Literal["done", "not_done", "not_applicable"]
    note: Name = ""


class ReportDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One revision of a service report. Moments are aware UTC and shown in the time zone of the site."""

    format: Literal[1] = 1
    report_number: Code
    report_id: UUID
    revision: Annotated[int, Meta(ge=1, le=9999)] = 1
    revision_reason: Text = ""
    frozen_at: Moment

    job_number: Code
    job_kind: JobKind
    visit_number: Annotated[int, Meta(ge=1, le=9999)] = 1
    mode: Mode = "on_site"
    time_zone: Code
    visited_on: date
    travelled_at: Moment | None = None
    arrived_at: Moment | None = None
    started_at: Moment | None = None
    completed_at: Moment

    model_code: Code
    model_name: Name = ""
    serial: Name
    partner: Name
    technician_number: Code
    coverage: Coverage

    result: Result
    faults: Annotated[tuple[Fault, ...], Meta(max_length=100)] = ()
    parts: Annotated[tuple[Part, ...], Meta(max_length=500)] = ()
    times: Annotated[tuple[Time, ...], Meta(max_length=500)] = ()
    expenses: Annotated[tuple[Money, ...], Meta(max_length=200)] = ()
    charges: Annotated[tuple[Money, ...], Meta(max_length=200)] = ()
    readings: Annotated[tuple[Reading, ...], Meta(max_length=500)] = ()
    checks: Annotated[tuple[Check, ...], Meta(max_length=500)] = ()
    photos: Annotated[tuple[Photo, ...], Meta(max_length=200)] = ()
    notes: Text = ""
    keyed_in_by_office: bool = False
    office_was_asked: bool = False
    flags: Annotated[tuple[Code, ...], Meta(max_length=50)] = ()

    personal_commitment: Sha256


Point = tuple[Annotated[int, Meta(ge=0, le=100_000)], Annotated[int, Meta(ge=0, le=100_000)]]
Stroke = Annotated[tuple[Point, ...], Meta(max_length=5_000)]


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The strokes of a pen on a pad of the given size; x grows to the right, y downwards."""

    width: Annotated[int, Meta(ge=1, le=100_000)]
    height: Annotated[int, Meta(ge=1, le=100_000)]
    strokes: Annotated[tuple[Stroke, ...], Meta(max_length=500)]


class PersonalPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What names or shows a person: kept apart from the document, so that it can be erased by law."""

    format: Literal[1] = 1
    customer: Name = ""
    contact: Name = ""
    phone: Name = ""
    site_address: Text = ""
    technician: Name = ""
    signer: Name = ""
    signature: Signature | None = None
    no_signature_reason: NoSignature | None = None


Frozen = TypeVar("Frozen", bound=ReportDocument | PersonalPart)
_writer = msgspec.json.Encoder(order="sorted")


def canonical(obj: object) -> bytes:
    """Write ``obj`` the one way it can be sealed: JSON with sorted keys, UTF-8, no blanks.

    Raises: NotCanonical on a float, a number beyond 2**53 - 1, a moment that is not UTC, a key that is not text or
    text that is not Unicode.
    """
    try:
        return _writer.encode(_plain(msgspec.to_builtins(obj, builtin_types=(datetime, bytes), order="deterministic")))
    except (TypeError, UnicodeEncodeError) as error:
        raise NotCanonical(str(error)) from error


def freeze(part: ReportDocument | PersonalPart) -> bytes:
    """Write a document or a personal part for good; it is read again at once, so that every bound holds.

    Raises: NotCanonical.
    """
    written = canonical(part)
    _within_bounds(written, type(part))
    return written


def read(written: bytes, shape: type[Frozen]) -> Frozen:
    """Read frozen bytes again.

    Raises: NotCanonical when a bound is broken, or the bytes are not the one way to write this.
    """
    part = _within_bounds(written, shape)
    if canonical(msgspec.json.decode(written)) != written:
        raise NotCanonical("not the canonical way to write this document")
    return part


def _within_bounds(written: bytes, shape: type[Frozen]) -> Frozen:
    if len(written) > document_bytes_max:
        raise NotCanonical(f"larger than {document_bytes_max} bytes")
    try:
        return msgspec.json.decode(written, type=shape)
    except msgspec.DecodeError as error:
        raise NotCanonical(str(error)) from error


def digest(document_bytes: bytes) -> bytes:
    """Return the 32 bytes that seals, codes and registers speak of."""
    return hashlib.sha256(document_bytes).digest()


def commit(personal_bytes: bytes, salt: bytes) -> bytes:
    """Return the 32 bytes by which a document is bound to its personal part without telling anything of it.

    Without the salt the part cannot be guessed from the commitment: erasing means erasing both.
    Raises: ValueError unless the salt has 32 bytes.
    """
    if len(salt) != salt_bytes:
        raise ValueError(f"a salt has {salt_bytes} bytes, not {len(salt)}")
    return hmac.digest(salt, b"fieldstone personal part 1\x00" + personal_bytes, "sha256")


def belongs(document: ReportDocument, personal_bytes: bytes, salt: bytes) -> bool:
    """Decide whether these are the personal bytes the document was frozen with."""
    return hmac.compare_digest(bytes.fromhex(document.personal_commitment), commit(personal_bytes, salt))


def _plain(value: Any) -> Any:
    """Return ``value`` in JSON's own types, refusing what has more than one way to be written or read."""
    match value:
        case None | bool() | str():
            return value
        case int() if -int_max <= value <= int_max:
            return value
        case datetime() if value.utcoffset() == timedelta(0):
            return value
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise NotCanonical("a key that is not text")
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise NotCanonical(f"{value!r} cannot stand in a sealed document")
