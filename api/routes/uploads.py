"""Uploads that survive a cut: photos come in pieces, by tus 1.0, under the id that their sender gave them."""

import datetime as dt
from email.utils import format_datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from domain.kit.limits import NO_CONTROL, Count, photo_bytes_max
from domain.kit.problem import BodyTooLarge, MalformedRequest, NotFound, WrongMediaType
from domain.kit.work import Work
from domain.people.access import EVERYBODY
from domain.worklog import transfers
from domain.worklog.transfers import Progress
from mobile_sync.photos.rule import Read
from mobile_sync.uploads import (
    ALGORITHMS,
    EXTENSIONS,
    MEDIA,
    TUS_VERSION,
    ChecksumMismatch,
    Keep,
    OtherTusVersion,
    checksum_of,
    metadata_of,
    receive,
)

TAG = "uploads"
PROGRESS = ("Tus-Resumable", "Upload-Offset", "Upload-Expires")
BYTES_PROBLEMS = (MalformedRequest, BodyTooLarge, WrongMediaType, ChecksumMismatch, transfers.WrongOffset)
Checksum = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]
Length = Annotated[int, Meta(ge=1, le=2**53, examples=[486_213])]
Metadata = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=NO_CONTROL,
        examples=["id MDE5OGM1YjAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx,filename cGxhdGUuanBn"],
    ),
]
Offset = Annotated[Count, Meta(examples=[0])]


class UploadId(msgspec.Struct, frozen=True):
    """The id that the sender gave the upload, in the path."""

    id: UUID


def _as_header(field: str) -> str:
    return field.replace("_", "-").title()


class Tus(msgspec.Struct, frozen=True, kw_only=True, rename=_as_header):
    """What every request says."""

    tus_resumable: Literal["1.0.0"]


class Declared(Tus, frozen=True, kw_only=True):
    """What the bytes will be."""

    upload_length: Length
    upload_metadata: Metadata = ""
    upload_checksum: Checksum = ""


class Continued(Tus, frozen=True, kw_only=True):
    """Where the bytes of this request belong."""

    upload_offset: Offset
    upload_checksum: Checksum = ""


class Overridden(Continued, frozen=True, kw_only=True, rename={"override": "X-HTTP-Method-Override"}):
    """That this POST stands for a PATCH."""

    override: Literal["PATCH"]


H = TypeVar("H", bound=Tus)


class UploadState(msgspec.Struct, frozen=True):
    """How far an upload is, and what became of it.

    It is waiting for bytes, processing (all have come), kept, or refused; ``problem`` is the code that says why.
    ``reads`` are the codes on the picture, null as long as nobody looked.
    """

    id: UUID
    state: Literal["waiting", "processing", "kept", "refused"]
    length: int
    received: int
    sha256: str | None
    expires_at: dt.datetime | None
    upload_id: UUID | None
    reads: list[Read] | None
    problem: str | None
    detail: str | None


def _spoken(call: Call, shape: type[H]) -> H:
    """Return the request's headers. Raises: OtherTusVersion before anything else that may be wrong with them."""
    if call.request.headers.get("tus-resumable") != TUS_VERSION:
        raise OtherTusVersion(f"Send Tus-Resumable: {TUS_VERSION}.")
    return call.headers(shape)


def _keeping(call: Call, attachment_id: UUID) -> Keep:
    """Return what commits one piece, in a transaction that confirms the session."""

    async def keep(at_byte: int, content: bytes) -> Progress:
        async def body(work: Work) -> Progress:
            return await transfers.keep_piece(work, attachment_id, at_byte, content)

        return await call.write(body)

    return keep


def _told(progress: Progress, status: int, **more: str) -> Reply:
    """Return how far an upload is as tus tells it: in headers."""
    headers = {"tus-resumable": TUS_VERSION, "upload-offset": str(progress.received), **more}
    if progress.received < progress.length:
        headers["upload-expires"] = format_datetime(progress.expires_at, usegmt=True)
    return Reply(status=status, headers=headers)


@operation(
    "OPTIONS",
    "/uploads",
    tag=TAG,
    by=PUBLIC,
    answer=None,
    answer_headers=("Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    statuses=(204,),
)
async def show_tus(_: Call) -> object:
    """Tell which version and extensions of tus are spoken, and the most bytes of one upload."""
    return Reply(
        status=204,
        headers={
            "tus-resumable": TUS_VERSION,
            "tus-version": TUS_VERSION,
            "tus-extension": ",".join(EXTENSIONS),
            "tus-max-size": str(photo_bytes_max),
            "tus-checksum-algorithm": ",".join(ALGORITHMS),
        },
    )


@operation(
    "POST",
    "/uploads",
    tag=TAG,
    by=EVERYBODY,
    headers=Declared,
    body=bytes,
    body_media=MEDIA,
    body_bytes_max=photo_bytes_max,
    body_optional=True,
    answer=None,
    answer_headers=("Location", *PROGRESS),
    statuses=(201, 200),
    problems=(*BYTES_PROBLEMS, OtherTusVersion, transfers.AttachmentIdReused, transfers.TooMuchUnderWay),
    keys=True,
)
async def begin_upload(call: Call) -> object:
    """Begin an upload, or find the one begun under the same id: 200, with the bytes that are kept already.

    `Upload-Metadata` has `id`, a UUID that you choose (else one is made), and `sha256`, which the whole is compared
    with. The body may bring the first bytes. An unfinished upload is kept for a week.
    """
    asked = _spoken(call, Declared)
    declared, checksum = metadata_of(asked.upload_metadata), checksum_of(asked.upload_checksum)
    if asked.upload_length > photo_bytes_max:
        raise BodyTooLarge(f"An upload has at most {photo_bytes_max} bytes.")
    if _brings_bytes(call):
        call.refuse_other_media()

    async def begin(work: Work) -> Progress:
        return await transfers.open_transfer(work, declared.attachment_id, asked.upload_length, declared.sha256)

    begun = progress = await call.write(begin)
    if _brings_bytes(call) and begun.received == 0:
        progress = await receive(call.parts(), begun, _keeping(call, declared.attachment_id), checksum)
    return _told(progress, 201 if begun.is_new else 200, location=f"/uploads/{declared.attachment_id}")


def _brings_bytes(call: Call) -> bool:
    headers = call.request.headers
    return headers.get("content-length", "0") != "0" or bool(headers.get("content-type"))


@operation(
    "HEAD",
    "/uploads/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=UploadId,
    headers=Tus,
    answer=None,
    answer_headers=("Upload-Length", *PROGRESS),
    problems=(NotFound, OtherTusVersion),
    keys=True,
)
async def measure_upload(call: Call) -> object:
    """Tell how many bytes of your upload are kept: they are safe, the next PATCH goes on behind them."""
    _spoken(call, Tus)
    found = await _measured(call)
    return _told(found, 200, **{"upload-length": str(found.length)})


async def _measured(call: Call) -> Progress:
    async with call.reading() as db:
        found = await transfers.transfer(db, call.actor, call.params(UploadId).id)
    return Progress(found.received, found.length, transfers.expiry(found.created_at))


@operation(
    "PATCH",
    "/uploads/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=UploadId,
    headers=Continued,
    body=bytes,
    body_media=MEDIA,
    body_bytes_max=photo_bytes_max,
    answer=None,
    answer_headers=PROGRESS,
    statuses=(204,),
    problems=(*BYTES_PROBLEMS, NotFound, OtherTusVersion),
    keys=True,
)
async def continue_upload(call: Call) -> object:
    """Send bytes of your upload, as many as you like, behind those that are kept.

    What arrived before a cut is kept. When all have come they are compared with the declared hash: 460 drops them and
    the upload begins again at 0. A picture is made of them in the background; `GET` tells what became of it.
    """
    asked, attachment_id = _spoken(call, Continued), call.params(UploadId).id
    found, checksum = await _measured(call), checksum_of(asked.upload_checksum)
    if asked.upload_offset != found.received:
        raise transfers.WrongOffset(f"{found.received} bytes are kept.", offset=found.received)
    return _told(await receive(call.parts(), found, _keeping(call, attachment_id), checksum), 204)


@operation(
    "POST",
    "/uploads/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=UploadId,
    headers=Overridden,
    body=bytes,
    body_media=MEDIA,
    body_bytes_max=photo_bytes_max,
    answer=None,
    answer_headers=PROGRESS,
    statuses=(204,),
    problems=(*BYTES_PROBLEMS, NotFound, OtherTusVersion),
    keys=True,
)
async def continue_upload_by_post(call: Call) -> object:
    """Send bytes of your upload as PATCH does, through a network that lets no PATCH pass."""
    _spoken(call, Overridden)
    return await continue_upload(call)


@operation(
    "DELETE",
    "/uploads/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=UploadId,
    headers=Tus,
    answer=None,
    answer_headers=("Tus-Resumable",),
    statuses=(204,),
    problems=(NotFound, OtherTusVersion, transfers.UploadFinished),
    keys=True,
)
async def end_upload(call: Call) -> object:
    """End an upload that is not finished, and forget its bytes."""
    _spoken(call, Tus)
    attachment_id = call.params(UploadId).id

    async def end(work: Work) -> None:
        await transfers.end_transfer(work, attachment_id)

    await call.write(end)
    return Reply(status=204, headers={"tus-resumable": TUS_VERSION})


@operation(
    "GET",
    "/uploads/{id:uuid}",
    tag=TAG,
    by=EVERYBODY,
    params=UploadId,
    answer=UploadState,
    problems=(NotFound,),
    etag=True,
    keys=True,
)
async def show_upload(call: Call) -> object:
    """Tell what became of your upload: waiting for bytes, processing, kept with the codes on it, or refused and why."""
    attachment_id = call.params(UploadId).id
    async with call.reading() as db:
        found = await transfers.transfer(db, call.actor, attachment_id)
    problem = found.problem or {}
    return UploadState(
        id=attachment_id,
        state=found.state,
        length=found.length,
        received=found.received,
        sha256=found.sha256,
        expires_at=transfers.expiry(found.created_at) if found.state == "waiting" else None,
        upload_id=found.upload_id,
        reads=None if found.reads is None else msgspec.convert(found.reads, list[Read]),
        problem=problem.get("code"),
        detail=problem.get("detail"),
    )
