"""Barcodes: what a photo or a text says, and which unit it names as far as the caller may know."""

import hashlib
from typing import Any

import msgspec

from api.operation import Call, operation
from domain.installs.serials import Parsed, parse
from domain.jobs.recognition import Recognised, makers, recognise
from domain.kit.limits import ScannedText, Symbology, photo_bytes_max
from domain.kit.work import Work
from domain.people.access import EVERYBODY
from domain.worklog.uploads import KeptUpload, keep_upload
from mobile_sync.photos.problems import (
    PhotoKindNotAccepted,
    PhotoQueueFull,
    PhotoTookTooLong,
    PhotoTooLarge,
    PhotoUnreadable,
    WorkerBroke,
)
from mobile_sync.photos.rule import Read

TAG = "barcodes"
PHOTO_MEDIA = "image/jpeg|image/png|image/webp"
PHOTO_PROBLEMS = (
    PhotoKindNotAccepted,
    PhotoTooLarge,
    PhotoUnreadable,
    PhotoTookTooLong,
    PhotoQueueFull,
    WorkerBroke,
)


class TextToRead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text as a scanner gave it, with its AIM symbology identifier when the scanner told one."""

    text: ScannedText
    symbology: Symbology = ""


class ReadText(msgspec.Struct, frozen=True):
    """What a text means, and the unit it names as far as you may know."""

    parsed: Parsed
    recognised: Recognised


class ReadCode(msgspec.Struct, frozen=True):
    """One code on a photo: its text and box, what it means, and the unit it names as far as you may know."""

    read: Read
    parsed: Parsed
    recognised: Recognised


class ReadPhoto(msgspec.Struct, frozen=True):
    """Every code on the photo, and the unit when exactly one accepted code names one."""

    reads: list[ReadCode]
    selected: Recognised | None


class UploadedPhoto(msgspec.Struct, frozen=True):
    """A photo that is safely stored, with the codes seen on it."""

    upload: KeptUpload
    reads: list[Read]


@operation(
    "POST",
    "/barcodes/text",
    tag=TAG,
    by=EVERYBODY,
    body=TextToRead,
    answer=ReadText,
    example=TextToRead("01095040000591012112345678p901", "]d2"),
)
async def read_barcode_text(call: Call) -> object:
    """Say what a barcode's text means.

    Understands GS1 element strings, bracketed text, Digital Links, ISO 15434 data identifiers, makers' formats and
    plain serials. Stores nothing: a scan that counts is recorded on a visit.
    """
    asked = await call.body(TextToRead)
    async with call.reading() as db:
        parsed = parse(asked.text, asked.symbology or None, await makers(db))
        (recognised,) = await recognise(db, call.actor, [parsed])
    return ReadText(parsed, recognised)


@operation(
    "POST",
    "/barcodes/photo",
    tag=TAG,
    by=EVERYBODY,
    body=bytes,
    body_media=PHOTO_MEDIA,
    body_bytes_max=photo_bytes_max,
    answer=ReadPhoto,
    problems=PHOTO_PROBLEMS,
)
async def read_barcode_photo(call: Call) -> object:
    """Read every code on a photo.

    All reads come back with their boxes; those not accepted say why and need a person's eye. A unit is selected only
    when exactly one accepted code names one: the nearest serial is never guessed.
    """
    reads = await call.context.sandbox.decode(await call.content())
    async with call.reading() as db:
        formats = await makers(db)
        parsed = [parse(read.text, read.symbology or None, formats) for read in reads]
        recognised = await recognise(db, call.actor, parsed)
    codes = [ReadCode(*three) for three in zip(reads, parsed, recognised, strict=True)]
    named = {
        code.recognised.unit.unit_id: code.recognised
        for code in codes
        if code.read.accepted and code.recognised.unit is not None
    }
    return ReadPhoto(codes, next(iter(named.values())) if len(named) == 1 else None)


@operation(
    "POST",
    "/uploads",
    tag=TAG,
    by=EVERYBODY,
    body=bytes,
    body_media=PHOTO_MEDIA,
    body_bytes_max=photo_bytes_max,
    answer=UploadedPhoto,
    problems=PHOTO_PROBLEMS,
    statuses=(201,),
)
async def upload_photo(call: Call) -> object:
    """Upload the bytes of a photo.

    The picture is drawn afresh without metadata and read for codes. A job sheet cites it by the SHA-256 of the bytes
    as sent; sending the same bytes again changes nothing.
    """
    content = await call.content()
    sandbox = call.context.sandbox
    copy = await sandbox.reencode(content)
    reads = await sandbox.decode(content)
    blob_sha256 = await call.context.blobs.put(copy.jpeg)
    taken_at = copy.taken_at if copy.taken_at is not None and copy.taken_at.tzinfo is not None else None

    async def keep(work: Work) -> KeptUpload:
        seen: list[Any] = msgspec.to_builtins(list(reads))
        return await keep_upload(
            work,
            sha256=hashlib.sha256(content).hexdigest(),
            blob_sha256=blob_sha256,
            width=copy.width,
            height=copy.height,
            taken_at=taken_at,
            reads=seen,
        )

    return call.created(UploadedPhoto(await call.write(keep), list(reads)))
