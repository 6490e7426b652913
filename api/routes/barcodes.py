"""Barcodes: what a photo or a text says, and which unit it names as far as the caller may know."""

import hashlib

import msgspec

from api.operation import Call, operation
from domain.installs.serials import Parsed, parse
from domain.jobs.recognition import Recognised, makers, recognise
from domain.kit.limits import ScannedText, Symbology, photo_bytes_max
from domain.people.access import EVERYBODY
from domain.worklog.uploads import KeptUpload
from mobile_sync.photos.problems import (
    PhotoKindNotAccepted,
    PhotoQueueFull,
    PhotoTookTooLong,
    PhotoTooLarge,
    PhotoUnreadable,
    WorkerBroke,
)
from mobile_sync.photos.rule import Read
from mobile_sync.photos.sandbox import photo_seconds_max
from mobile_sync.uploads import keep_picture, picture_of

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
    """A photo that is safely stored, with the codes seen on it; null when looking for them took too long."""

    upload: KeptUpload
    reads: list[Read] | None


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
    "/photos/bytes",
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
    """Send the bytes of a photo in one piece, over a network that lasts; `/uploads` takes them in many.

    The picture is drawn afresh without metadata and read for codes. A job sheet cites it by the SHA-256 of the bytes
    as sent; sending the same bytes again changes nothing.
    """
    content = await call.content()
    picture = await picture_of(call.context.sandbox, call.context.blobs, content, seconds_max=photo_seconds_max)
    sha256 = hashlib.sha256(content).hexdigest()
    kept = await call.write(lambda work: keep_picture(work, sha256, picture))
    return call.created(UploadedPhoto(kept, None if picture.reads is None else list(picture.reads)))
