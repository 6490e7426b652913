"""Reading photo files one after another, as the command line does."""

import asyncio
from pathlib import Path

from msgspec import Struct

from domain.kit.problem import Problem
from mobile_sync.photos.rule import Engine
from mobile_sync.photos.sandbox import PhotoSandbox


class CodeLine(Struct, frozen=True):
    """One code on the photo."""

    text: str
    symbology: str
    symbology_name: str
    engines: tuple[Engine, ...]
    accepted: bool
    reason: str


class PhotoLine(Struct, frozen=True, omit_defaults=True):
    """One photo file and what was read on it, or the code of the problem."""

    file: str
    reads: tuple[CodeLine, ...]
    problem: str = ""


async def read_photo(sandbox: PhotoSandbox, path: Path) -> PhotoLine:
    """Return what is on one photo file; a photo that cannot be read is an answer here, not an exception."""
    try:
        reads = await sandbox.decode(await asyncio.to_thread(path.read_bytes))
    except Problem as problem:
        return PhotoLine(str(path), (), problem.code)
    return PhotoLine(
        str(path),
        tuple(
            CodeLine(read.text, read.symbology, read.symbology_name, read.engines, read.accepted, read.reason)
            for read in reads
        ),
    )
