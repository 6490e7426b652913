"""Bytes on their way: kept piece by piece, so that an upload that was cut goes on where it was.

A transfer belongs to one account. An offset that was told is durable, for it was committed together with its bytes.
"""

import datetime as dt
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import and_, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.kit.actor import Actor, Role
from domain.kit.problem import BodyTooLarge, Kind, NotFound, Problem
from domain.kit.read import Read
from domain.kit.work import Work
from domain.people.model import Account
from domain.worklog.model import Transfer, TransferPart, Upload

FINISH = "upload.finish"
transfer_days_max = 7
"""How long an unfinished transfer waits for the rest of its bytes."""
evidence_days_max = 30
"""How long the bytes of a refused upload are held."""
waiting_max = 200
waiting_bytes_max = 500 * 1024 * 1024
"""What one account may have under way or refused."""
tidied_at_once = 100


class FinishUpload(msgspec.Struct, frozen=True):
    """The task that makes a picture of a transfer whose bytes have all come."""

    transfer_id: UUID


class Progress(msgspec.Struct, frozen=True):
    """How far a transfer is; ``broken`` when all had come and was dropped, for it was not what was declared."""

    received: int
    length: int
    expires_at: dt.datetime
    is_new: bool = False
    broken: bool = False


class WrongOffset(Problem, kind=Kind.CONFLICT):
    """The upload goes on at another byte; Upload-Offset says where."""


class AttachmentIdReused(Problem, kind=Kind.CONFLICT):
    """You gave this id to an upload of other content."""


class TooMuchUnderWay(Problem, kind=Kind.LIMITED):
    """Too many of your uploads are unfinished; finish some or end them first."""


class UploadFinished(Problem, kind=Kind.CONFLICT):
    """All bytes of this upload have come; it cannot be ended any more."""


def place_of(actor: Actor, attachment_id: UUID) -> UUID:
    """Return where a person's attachment is kept: nobody can take or probe the id of another person's."""
    return uuid5(actor.account_id, f"upload {attachment_id}")


def _own(actor: Actor, attachment_id: UUID) -> Any:
    return (Transfer.id == place_of(actor, attachment_id)) & (Transfer.account_id == actor.account_id)


async def open_transfer(work: Work, attachment_id: UUID, length: int, sha256: str | None) -> Progress:
    """Begin a transfer, or find the one that was begun under this id.

    Raises: AttachmentIdReused for another length or hash, TooMuchUnderWay.
    Locks: the account's transfers against another beginning, until the transaction ends.
    """
    actor = work.actor
    await work.db.execute(select(text("pg_advisory_xact_lock(:key)")), {"key": actor.account_id.int % 2**63})
    found = (
        await work.db.execute(
            select(Transfer.length, Transfer.sha256, Transfer.received, Transfer.created_at).where(
                _own(actor, attachment_id)
            )
        )
    ).one_or_none()
    if found is not None:
        if found.length != length or (sha256 and found.sha256 and sha256 != found.sha256):
            raise AttachmentIdReused("Give new content an id of its own.")
        return Progress(found.received, length, expiry(found.created_at))
    under_way = (
        await work.db.execute(
            select(func.count(), func.coalesce(func.sum(Transfer.length), 0)).where(
                Transfer.account_id == actor.account_id, Transfer.upload_id.is_(None)
            )
        )
    ).one()
    if under_way[0] >= waiting_max or under_way[1] + length > waiting_bytes_max:
        raise TooMuchUnderWay(
            f"At most {waiting_max} uploads and {waiting_bytes_max} bytes may be under way.", retry_after=60
        )
    await work.db.execute(
        insert(Transfer).values(
            id=place_of(actor, attachment_id),
            account_id=actor.account_id,
            partner_id=actor.partner_id,
            sha256=sha256,
            length=length,
            received=0,
            created_at=work.now,
        )
    )
    return Progress(0, length, expiry(work.now), is_new=True)


async def keep_piece(work: Work, attachment_id: UUID, at_byte: int, content: bytes) -> Progress:
    """Keep a piece that follows what has come; the last one is compared with what was declared.

    When the whole is not what was declared, all of it is dropped and the transfer begins again (``broken``).
    Raises: NotFound, WrongOffset, BodyTooLarge.
    """
    after = at_byte + len(content)
    moved = (
        await work.db.execute(
            update(Transfer)
            .where(_own(work.actor, attachment_id), Transfer.received == at_byte, Transfer.length >= after)
            .values(received=after)
            .returning(Transfer.id, Transfer.length, Transfer.sha256, Transfer.created_at)
        )
    ).one_or_none()
    if moved is None:
        raise await _why_not(work, attachment_id, at_byte)
    await work.db.execute(
        insert(TransferPart).values(
            transfer_id=moved.id, at_byte=at_byte, partner_id=work.actor.partner_id, content=content
        )
    )
    expires_at = expiry(moved.created_at)
    if after < moved.length:
        return Progress(after, moved.length, expires_at)
    sha256 = str(await work.db.scalar(_WHOLE_SHA256, {"transfer_id": moved.id}))
    right = moved.sha256 is None or moved.sha256 == sha256
    if right:
        told: dict[str, Any] = {"sha256": sha256, "finished_at": work.now}
        await work.enqueue(FINISH, FinishUpload(moved.id))
    else:
        told = {"received": 0}
        await work.db.execute(delete(TransferPart).where(TransferPart.transfer_id == moved.id))
    await work.db.execute(update(Transfer).where(Transfer.id == moved.id).values(**told))
    return Progress(after if right else 0, moved.length, expires_at, broken=not right)


_WHOLE_SHA256 = text(
    "SELECT encode(sha256(string_agg(content, '' ORDER BY at_byte)), 'hex') "
    "FROM transfer_part WHERE transfer_id = :transfer_id"
)


async def _why_not(work: Work, attachment_id: UUID, at_byte: int) -> Problem:
    own = select(Transfer.received, Transfer.length).where(_own(work.actor, attachment_id))
    found = (await work.db.execute(own)).one_or_none()
    if found is None:
        return NotFound("You have no such upload.")
    if found.received != at_byte:
        return WrongOffset(f"{found.received} bytes are kept.", offset=found.received)
    return BodyTooLarge(f"The upload was declared with {found.length} bytes.")


async def end_transfer(work: Work, attachment_id: UUID) -> None:
    """Forget an unfinished transfer and its bytes. Raises: NotFound, UploadFinished."""
    unfinished = delete(Transfer).where(_own(work.actor, attachment_id), Transfer.finished_at.is_(None))
    if (await work.db.execute(unfinished.returning(Transfer.id))).one_or_none() is None:
        own = select(Transfer.id).where(_own(work.actor, attachment_id))
        if await work.db.scalar(own) is None:
            raise NotFound("You have no such upload.")
        raise UploadFinished("Its picture is being made, or is kept.")


def expiry(created_at: dt.datetime) -> dt.datetime:
    """Return until when an unfinished transfer is kept."""
    return created_at + dt.timedelta(days=transfer_days_max)


class TransferRow(msgspec.Struct, frozen=True):
    """A transfer with the codes that were read on its picture."""

    length: int
    received: int
    sha256: str | None
    created_at: dt.datetime
    finished_at: dt.datetime | None
    upload_id: UUID | None
    problem: dict[str, Any] | None
    reads: list[Any] | None

    @property
    def state(self) -> Literal["waiting", "processing", "kept", "refused"]:
        """Return how far it is."""
        if self.upload_id is not None:
            return "kept"
        if self.problem is not None:
            return "refused"
        return "waiting" if self.finished_at is None else "processing"


_TRANSFER = Read(
    TransferRow,
    select(
        Transfer.length,
        Transfer.received,
        Transfer.sha256,
        Transfer.created_at,
        Transfer.finished_at,
        Transfer.upload_id,
        Transfer.problem,
        Upload.reads,
    ).outerjoin(Upload, Upload.id == Transfer.upload_id),
)


async def transfer(db: AsyncConnection, actor: Actor, attachment_id: UUID) -> TransferRow:
    """Return a person's own transfer. Raises: NotFound."""
    found = await _TRANSFER.first(db, _TRANSFER.statement.where(_own(actor, attachment_id)))
    if found is None:
        raise NotFound("You have no such upload.")
    return found


async def whole(db: AsyncConnection, transfer_id: UUID) -> tuple[Actor, str, bytes] | None:
    """Return whose finished transfer it is, its hash and its bytes; None when its picture is made already."""
    found = (
        await db.execute(
            select(Transfer.account_id, Transfer.partner_id, Account.role, Transfer.sha256)
            .join(Account, Account.id == Transfer.account_id)
            .where(
                Transfer.id == transfer_id,
                Transfer.finished_at.is_not(None),
                Transfer.upload_id.is_(None),
                Transfer.problem.is_(None),
            )
        )
    ).one_or_none()
    if found is None:
        return None
    parts = select(TransferPart.content).where(TransferPart.transfer_id == transfer_id)
    content = b"".join((await db.scalars(parts.order_by(TransferPart.at_byte))).all())
    return Actor(found.account_id, Role(found.role), found.partner_id), found.sha256, content


async def tell_kept(work: Work, transfer_id: UUID, upload_id: UUID) -> None:
    """Write down which upload a transfer became; its pieces are needed no more."""
    await work.db.execute(update(Transfer).where(Transfer.id == transfer_id).values(upload_id=upload_id))
    await work.db.execute(delete(TransferPart).where(TransferPart.transfer_id == transfer_id))


async def tell_refused(work: Work, transfer_id: UUID, problem: dict[str, Any]) -> None:
    """Write down why no picture could be made of a transfer; its pieces stay for a while, as evidence."""
    await work.db.execute(update(Transfer).where(Transfer.id == transfer_id).values(problem=problem))


async def forget_stale(work: Work) -> int:
    """Forget some transfers that nobody went on with, and bytes that were refused long ago; return how many."""
    stale = and_(Transfer.finished_at.is_(None), Transfer.created_at < work.now - dt.timedelta(days=transfer_days_max))
    refused = and_(
        Transfer.problem.is_not(None), Transfer.finished_at < work.now - dt.timedelta(days=evidence_days_max)
    )
    gone = 0
    for which in (stale, refused):
        some = select(Transfer.id).where(Transfer.upload_id.is_(None), which).limit(tidied_at_once)
        gone += len((await work.db.execute(delete(Transfer).where(Transfer.id.in_(some)).returning(Transfer.id))).all())
    return gone
