"""The process in which uploads are opened: it can reach no file, no network and little memory.

Started by the sandbox only; it speaks on the pipes it was given and stops after any problem, so that whatever a
hostile file may have done to it ends with it.
"""

import codecs
import io
import os
import resource
import signal
import sys
from collections.abc import Iterable
from typing import BinaryIO

import PIL.MpoImagePlugin  # noqa: F401  many phones hide a second picture in a JPEG; its reader is loaded on first use
from PIL import ExifTags, Image

from domain.kit.problem import Problem
from mobile_sync.photos import engines, sheets
from mobile_sync.photos.decode import decode
from mobile_sync.photos.messages import (
    Answer,
    Copy,
    DecodePhoto,
    Reads,
    Ready,
    Refused,
    Request,
    framed,
    read_frame,
    request_from,
)
from mobile_sync.photos.picture import open_picture, reencode
from mobile_sync.photos.problems import PhotoTooLarge, PhotoUnreadable
from mobile_sync.photos.rule import Engine

courtesy = 5


def main() -> None:  # pragma: no cover - once locked in, a process can write no coverage; test_sandbox.py looks on
    """Serve photos from standard input, or, given a file descriptor and limits, the rows of one workbook."""
    memory_bytes_max = int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not garble the answers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(courtesy)
    if len(sys.argv) > 3:
        workbook = os.fdopen(int(sys.argv[3]), "rb")
        codecs.lookup("cp437")  # what zipfile loads on first use
        limit_cpu(int(sys.argv[4]))
        lock_down(memory_bytes_max)
        send_all(answers, sheets.answers(workbook))
        return
    voices = engines.load()
    warm_up(voices)
    lock_down(memory_bytes_max)
    send_all(answers, [Ready()])
    serve(sys.stdin.buffer, answers, voices)


def serve(requests: BinaryIO, answers: BinaryIO, voices: dict[Engine, engines.See]) -> None:
    """Answer requests until the pipe ends or one was refused."""
    while (body := read_frame(requests)) is not None:
        request = request_from(body)
        limit_cpu(request.cpu_seconds_max)
        answer = carry_out(request, voices)
        send_all(answers, [answer])
        if isinstance(answer, Refused):
            return


def carry_out(request: Request, voices: dict[Engine, engines.See]) -> Answer:
    """Return the answer to one request; no exception leaves here."""
    try:
        if isinstance(request, DecodePhoto):
            return Reads(decode(open_picture(request.upload), voices))
        return Copy(reencode(request.upload, request.longest_edge_px))
    except Problem as problem:
        return refused(problem)
    except MemoryError:
        return refused(PhotoTooLarge("The photo needs more memory than a photo may."))
    except Exception as flaw:
        return refused(PhotoUnreadable(f"The photo could not be worked through ({type(flaw).__name__})."))


def refused(problem: Problem) -> Refused:
    """Return a problem as an answer."""
    return Refused(problem.code, problem.detail, problem.facts)


def send_all(pipe: BinaryIO, answers: Iterable[Answer]) -> None:
    """Write answers as they come."""
    for answer in answers:
        rest = memoryview(framed(answer))
        while rest:
            rest = rest[pipe.write(rest) :]


def warm_up(voices: dict[Engine, engines.See]) -> None:
    """Load whatever the libraries load on first use, before the doors close."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:01:31 12:00:00"
    for kind in ("PNG", "WEBP", "JPEG"):
        into = io.BytesIO()
        Image.new("RGB", (64, 64), "white").save(into, kind, exif=exif)
        reencode(into.getvalue(), 32)
    decode(open_picture(into.getvalue()), voices)


def limit_cpu(seconds: int) -> None:
    """Let this process use ``seconds`` of CPU from now on; beyond that the kernel ends it."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent.ru_utime + spent.ru_stime) + 1 + seconds, hard))


def lock_down(memory_bytes_max: int) -> None:  # pragma: no cover - for the worker alone, see main
    """Give up memory beyond the limit, new files and sockets, writing to files, new processes and core dumps."""
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes_max),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))
