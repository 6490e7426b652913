"""Tag codes of our own labels: serial and code together prove that somebody stood before the machine.

A code is twelve characters of Crockford's base 32, in groups of four: the label's generation, 50 bits that only our key
can make for this GTIN, serial and generation, and a check character. Wrong codes are told by the key alone, before
anything is looked up, so that no answer depends on which serials exist. The code itself is kept nowhere: the row holds
its hash, and who prints a label has it made again.
"""

import hashlib
import hmac
from uuid import UUID

from sqlalchemy import func, select, update

from domain.catalog.model import Model
from domain.installs.actions import locked_unit
from domain.installs.gs1_fields import FIELDS, Broken
from domain.installs.model import UnitTag
from domain.installs.serials import Parsed, normalise
from domain.kit.actor import Role
from domain.kit.command import Answer, Command, Done, action
from domain.kit.limits import Reason
from domain.kit.ports import Signer
from domain.kit.problem import Kind, NotFound, Problem
from domain.kit.work import Work
from domain.people.access import DESK

LABELLERS = DESK | {Role.PARTS_MANAGER}
GENERATIONS_MAX = 31
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
_MAC_CHARACTERS = 10
_LENGTH = 1 + _MAC_CHARACTERS + 1


class NoLabelPossible(Problem, kind=Kind.INVALID):
    """A label needs the model's GTIN, and a serial that a GS1 code can carry."""


class LabelsUsedUp(Problem, kind=Kind.CONFLICT):
    """A unit has at most 31 labels in its life."""


class TagRevoked(Problem, kind=Kind.CONFLICT):
    """This label was revoked before."""


def tag_code(signer: Signer, gtin: str, serial_key: str, generation: int) -> str:
    """Return the code of a label in groups; the same one every time."""
    text = _body(signer, gtin, serial_key, generation)
    text += _check_character(text)
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def is_ours(signer: Signer, code: str, gtin: str, serial_key: str) -> bool:
    """Tell by the key alone whether we made this code for this serial; takes as long for every code."""
    plain = _plain(code)
    told = plain if len(plain) == _LENGTH and all(one in _ALPHABET for one in plain) else "0" * _LENGTH
    body = _body(signer, gtin, serial_key, _ALPHABET.index(told[0]))
    return hmac.compare_digest(told.encode(), (body + _check_character(body)).encode()) and told == plain


def hash_of_code(gtin: str, serial_key: str, code: str) -> bytes:
    """Return what is stored of a code, bound to what its label says."""
    return hashlib.sha256("\0".join((gtin, serial_key, _plain(code))).encode()).digest()


def _plain(code: str) -> str:
    return code.upper().translate(_READ_AS)


def _body(signer: Signer, gtin: str, serial_key: str, generation: int) -> str:
    told = "\0".join(("fieldstone tag 1", gtin, serial_key, str(generation)))
    mark = int.from_bytes(signer.mark(told.encode()), "big") >> (256 - 5 * _MAC_CHARACTERS)
    digits = (mark >> 5 * place & 31 for place in reversed(range(_MAC_CHARACTERS)))
    return _ALPHABET[generation] + "".join(_ALPHABET[digit] for digit in digits)


def _check_character(text: str) -> str:
    """Return the Luhn check character to the base 32: it finds every single misread character."""
    total = 0
    for place, character in enumerate(reversed(text)):
        digit = _ALPHABET.index(character) * (2 - place % 2)
        total += digit // 32 + digit % 32
    return _ALPHABET[-total % 32]


def right_code(signer: Signer, parsed: Parsed) -> bytes | None:
    """Return the hash under which the code of a read label may be looked up, or None when the code is not ours."""
    gtin, key, code = parsed.gtin or "", normalise(parsed.serial or ""), parsed.tag or ""
    return hash_of_code(gtin, key, code) if is_ours(signer, code, gtin, key) else None


class IssueTag(Command, tag="unit_tag.issue", frozen=True, kw_only=True):
    """Issue a label for a unit: its tag code proves, with the serial, that somebody read it off the machine.

    Labels issued before go on holding, unless they are to be revoked with it. The code is told by `GET /tags/{id}`.
    """

    unit_id: UUID
    revoke_others: bool = False


class RevokeTag(Command, tag="unit_tag.revoke", frozen=True, kw_only=True):
    """Revoke a label that was lost, copied or peeled off: a scan of it proves nothing any more."""

    tag_id: UUID
    reason: Reason


class TagIssued(Answer, frozen=True, kw_only=True):
    """The label, counted among those of its unit."""

    id: UUID
    unit_id: UUID
    generation: int


class TagChanged(Answer, frozen=True, kw_only=True):
    """The label that was revoked."""

    id: UUID


_ID = UUID("0198c5b0-0000-7000-8000-000000000001")


@action(
    IssueTag,
    by=LABELLERS,
    answer=TagIssued,
    raises=(NotFound, NoLabelPossible, LabelsUsedUp),
    creates=True,
    locks_unit=True,
    example=IssueTag(unit_id=_ID),
)
async def issue_tag(work: Work, cmd: IssueTag) -> Done:
    """Count the label and keep the hash of its code.

    Locks: the unit.
    """
    unit = await locked_unit(work, cmd.unit_id)
    gtin = await work.db.scalar(select(Model.gtin).where(Model.id == unit.model_id))
    check_label(gtin, unit.serial)
    newest = await work.db.scalar(select(func.max(UnitTag.generation)).where(UnitTag.unit_id == unit.id))
    generation = (newest or 0) + 1
    if generation > GENERATIONS_MAX:
        raise LabelsUsedUp("Ask for the unit to be registered with another serial plate.")
    if cmd.revoke_others:
        standing = update(UnitTag).where(UnitTag.unit_id == unit.id, UnitTag.revoked_at.is_(None))
        await work.db.execute(standing.values(revoked_at=work.now, revoked_reason="replaced by a new label"))
    code = tag_code(work.signer, gtin or "", unit.serial_key, generation)
    work.db.add(
        UnitTag(
            id=work.op_id,
            unit_id=unit.id,
            generation=generation,
            code_hash=hash_of_code(gtin or "", unit.serial_key, code),
            issued_at=work.now,
            issued_by=work.actor.account_id,
        )
    )
    return Done(TagIssued(id=work.op_id, unit_id=unit.id, generation=generation))


@action(
    RevokeTag,
    by=LABELLERS,
    answer=TagChanged,
    raises=(NotFound, TagRevoked),
    example=RevokeTag(tag_id=_ID, reason="found on a machine it does not belong to"),
)
async def revoke_tag(work: Work, cmd: RevokeTag) -> Done:
    """Take the label's proof away for good."""
    tag = await work.db.scalar(select(UnitTag).where(UnitTag.id == cmd.tag_id).with_for_update(key_share=True))
    if tag is None:
        raise NotFound("There is no such label.")
    if tag.revoked_at is not None:
        raise TagRevoked("It proves nothing any more.")
    tag.revoked_at, tag.revoked_reason = work.now, cmd.reason
    return Done(TagChanged(id=tag.id))


def check_label(gtin: str | None, serial: str) -> None:
    """Raise NoLabelPossible where no GS1 code can carry this."""
    try:
        FIELDS["01"].check(gtin or "")
        FIELDS["21"].check(serial)
    except Broken as broken:
        raise NoLabelPossible(f"No GS1 code can carry this unit: {broken}.") from broken
