"""What decides about reports: how a sheet fits its document, what a revision is worth today, when a PIN must wait."""

import datetime as dt
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import inspect as shapes

from domain.reports.document import NotCanonical, PersonalPart, ReportDocument, Result, freeze
from domain.warranty.rules import Coverage

Standing = Literal["genuine", "superseded", "withdrawn"]
Signature = Literal["given", "awaited", "declined"]
State = Literal["draft", "awaiting_signature", "customer_declined", "frozen", "sealed", "superseded", "withdrawn"]
"""Where a report is in its life; ``frozen`` until the worker has printed and sealed what is written down."""
Language = Literal["en", "zh"]
SHORTENED = "shortened"
"""The flag of a document that had to leave something out."""
PIN_TRIES = 5
PIN_PAUSE = dt.timedelta(minutes=15)
PIN_PAUSE_MAX = dt.timedelta(days=1)
PROOF_LIFE = dt.timedelta(minutes=15)
"""How long the page of a report can fetch its PDF without the PIN."""
HAND_TRIES, HAND_TRIES_OF_ONE = 300, 30
HAND_WINDOW = dt.timedelta(minutes=10)
"""Short codes that everybody together may try: at 50 bits, guessing finds one of a million reports once in years.

One address may try a tenth of them, so that it takes many to keep others from trying.
"""
MISSES = 60
MISSES_SECONDS = 60
"""Codes that are not ours which one address may try in so many seconds."""
LINES_MAX = (5_000, 100, 20)
LETTERS_MAX = (10_000, 1_000, 100)
S = TypeVar("S", bound=msgspec.Struct)


def report_number(number: int) -> str:
    """Write a report's number as papers and pages do."""
    return f"R-{number}"


def job_number(number: int) -> str:
    """Write a job's number as papers and pages do."""
    return f"J-{number}"


def technician_number(number: int) -> str:
    """Write a technician's number, which stands for the person where no name may."""
    return f"T-{number}"


def result_of(stored: str) -> Result:
    """Write the result of a visit as documents do; raises msgspec.ValidationError for a word that is none."""
    result: Result = msgspec.convert(stored.replace("_", "-"), Result)
    return result


def standing(state: str, revision: int, newest: int) -> Standing:
    """Decide what a revision of ours is worth today; an old one goes on saying what took its place."""
    if state == "withdrawn":
        return "withdrawn"
    return "superseded" if revision < newest else "genuine"


def signature_of(personal: PersonalPart) -> Signature:
    """Decide what there is of the customer's signature: one who was absent or far away may still give it.

    A name without a reason was signed with on a paper sheet, which the office keyed in.
    """
    if personal.signature is not None or (personal.signer and personal.no_signature_reason is None):
        return "given"
    return "declined" if personal.no_signature_reason == "declined" else "awaited"


def state_of(stored: str, revision: int, newest: int, signature: Signature, *, printed: bool) -> State:
    """Decide where a revision is in its life, from its report's stored state and what is known of the revision."""
    known = standing(stored, revision, newest)
    if known != "genuine":
        return known
    if signature != "given":
        return "customer_declined" if signature == "declined" else "awaiting_signature"
    return "sealed" if printed else "frozen"


def pause_after(tries: int) -> dt.timedelta | None:
    """Decide how long a collection code rests after so many wrong PINs in a row.

    Every fifth makes a pause: a quarter of an hour, then twice as long each time, up to a day.
    """
    rounds, within = divmod(tries, PIN_TRIES)
    if within or not rounds:
        return None
    doubled: dt.timedelta = PIN_PAUSE * 2 ** min(rounds - 1, 10)
    return min(doubled, PIN_PAUSE_MAX)


def coverage_source(decided: Coverage, language: Language) -> str:
    """Say in the customer's words what pays for this visit; nothing when nothing does.

    Without the day it ends on: the partner reads this paper too, and could wait for the last days.
    """
    kind, _, name = decided.source.partition(":")
    match kind, language:
        case "contract", "zh":
            return f"服务合约 {name}"
        case "contract", _:
            return f"Contract {name}"
        case "default-warranty", "zh":
            return "标准保修"
        case "default-warranty", _:
            return "Standard warranty"
    return ""


def frozen(part: ReportDocument | PersonalPart) -> bytes:
    """Write a document or personal part for good, as it fits into its bounds.

    A visit is never held up by a sheet that is too long: texts are cut and lines left out until it fits, and a document
    that lost anything says so by a flag. Most fit as they are.
    """
    for fitting in _ever_shorter(part):
        try:
            return freeze(fitting)
        except NotCanonical as error:
            refused = error
    raise refused


def _ever_shorter(part: ReportDocument | PersonalPart) -> Iterator[ReportDocument | PersonalPart]:
    yield part
    for lines_max, letters_max in zip(LINES_MAX, LETTERS_MAX, strict=True):
        fitting = fit(part, lines_max, letters_max)
        if isinstance(fitting, ReportDocument) and fitting != part:
            fitting = msgspec.structs.replace(fitting, flags=(*fitting.flags[:49], SHORTENED))
        yield fitting


_shape_of = cache(shapes.type_info)


def fit(value: S, lines_max: int, letters_max: int) -> S:
    """Return a struct with every text and list cut to the bounds its type gives it, and to these."""
    fitting: S = _fit(value, _shape_of(type(value)), lines_max, letters_max)
    return fitting


def _fit(value: Any, shape: shapes.Type, lines_max: int, letters_max: int) -> Any:
    match shape, value:
        case shapes.StructType(fields=fields), msgspec.Struct():
            cut = {f.name: _fit(getattr(value, f.name), f.type, lines_max, letters_max) for f in fields}
            return msgspec.structs.replace(value, **cut)
        case shapes.VarTupleType(item_type=item, max_length=most), tuple():
            return tuple(_fit(one, item, lines_max, letters_max) for one in value[: min(most or lines_max, lines_max)])
        case shapes.UnionType(types=types), _ if value is not None:
            return _fit(value, next(t for t in types if not isinstance(t, shapes.NoneType)), lines_max, letters_max)
        case shapes.StrType(max_length=most, pattern=None), str():
            return value[: min(most or letters_max, letters_max)]
        case shapes.IntType(ge=least, le=most), int() if least is not None and most is not None:
            return max(least, min(value, most))
    return value
