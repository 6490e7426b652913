"""What a worker answers; how it is locked in is tested with the sandbox."""

import io
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import openpyxl
import pytest
from msgspec.msgpack import Decoder
from PIL import Image

from mobile_sync.photos import engines, sheets
from mobile_sync.photos.messages import (
    Answer,
    Copy,
    DecodePhoto,
    End,
    Reads,
    ReencodePhoto,
    Refused,
    Rows,
    framed,
    read_frame,
)
from mobile_sync.photos.worker import carry_out, send_all, serve, warm_up
from tests.photos.drawn import CODES, jpeg, label

VOICES = engines.load()
PHOTO = jpeg(label(CODES[0]))
ANY_ANSWER: Decoder[Answer] = Decoder(Answer)


def answered(pipe: io.BytesIO) -> list[Answer]:
    """What was written to a pipe."""
    pipe.seek(0)
    found = []
    while (body := read_frame(pipe)) is not None:
        found.append(ANY_ANSWER.decode(body))
    return found


def out_of_memory(_: Image.Image) -> NoReturn:
    raise MemoryError


def confused(_: Image.Image) -> NoReturn:
    raise ZeroDivisionError


def test_it_answers_with_reads_or_a_copy() -> None:
    reads = carry_out(DecodePhoto(PHOTO, 5), VOICES)
    copy = carry_out(ReencodePhoto(PHOTO, 90, 5), VOICES)

    assert isinstance(reads, Reads)
    assert [read.text for read in reads.reads] == [CODES[0].text]
    assert isinstance(copy, Copy)
    assert (copy.copy.width, copy.copy.height) == (90, 60)


def test_a_problem_is_answered_by_its_code() -> None:
    answer = carry_out(DecodePhoto(PHOTO[:100], 5), VOICES)

    assert isinstance(answer, Refused)
    assert answer.code == "photo-unreadable"


def test_too_little_memory_is_the_photo_s_size() -> None:
    answer = carry_out(DecodePhoto(PHOTO, 5), {"zxing": out_of_memory})

    assert isinstance(answer, Refused)
    assert answer.code == "photo-too-large"


def test_whatever_else_goes_wrong_is_an_unreadable_photo() -> None:
    answer = carry_out(DecodePhoto(PHOTO, 5), {"zxing": confused})

    assert isinstance(answer, Refused)
    assert answer.code == "photo-unreadable"


def test_answers_survive_the_pipe() -> None:
    pipe = io.BytesIO()
    sent = [carry_out(DecodePhoto(PHOTO, 5), VOICES), carry_out(ReencodePhoto(PHOTO, 90, 5), VOICES), End(3)]
    send_all(pipe, sent)

    assert answered(pipe) == sent


@pytest.fixture
def unlimited() -> Iterator[None]:
    """The CPU limit that this process had, given back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_CPU)
    yield
    resource.setrlimit(resource.RLIMIT_CPU, before)


def test_it_serves_until_the_pipe_ends(unlimited: None) -> None:
    requests = io.BytesIO(framed(DecodePhoto(PHOTO, 3600)) + framed(ReencodePhoto(PHOTO, 90, 3600)))
    answers = io.BytesIO()
    serve(requests, answers, VOICES)

    assert [type(answer) for answer in answered(answers)] == [Reads, Copy]


def test_it_stops_after_a_file_that_it_refused(unlimited: None) -> None:
    requests = io.BytesIO(framed(DecodePhoto(PHOTO[:100], 3600)) + framed(DecodePhoto(PHOTO, 3600)))
    answers = io.BytesIO()
    serve(requests, answers, VOICES)

    assert [type(answer) for answer in answered(answers)] == [Refused]


def test_a_request_may_use_so_many_seconds_of_computing_from_now_on(unlimited: None) -> None:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    serve(io.BytesIO(framed(DecodePhoto(PHOTO, 3600))), io.BytesIO(), VOICES)

    limit, _ = resource.getrlimit(resource.RLIMIT_CPU)
    assert 3600 <= limit - int(spent.ru_utime + spent.ru_stime) <= 3660


def test_half_a_frame_is_the_end_of_the_pipe() -> None:
    assert read_frame(io.BytesIO(framed(End(3))[:-1])) is None
    assert read_frame(io.BytesIO(b"\0\0")) is None


def test_warming_up_needs_nothing_but_the_libraries() -> None:
    warm_up(VOICES)


def test_a_workbook_is_answered_row_by_row_and_then_by_its_end(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["serial", 17, 2.5, True])
    book.save(tmp_path / "units.xlsx")

    with (tmp_path / "units.xlsx").open("rb") as file:
        assert list(sheets.answers(file)) == [Rows(b"serial,17,2.5,true\n"), End(1)]


def test_a_workbook_without_a_visible_sheet_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_chartsheet("only a chart")
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    book.save(tmp_path / "units.xlsx")

    with (tmp_path / "units.xlsx").open("rb") as file:
        (answer,) = sheets.answers(file)
    assert isinstance(answer, Refused)
    assert answer.code == "sheet-unreadable"


def test_what_is_no_workbook_is_answered_by_its_code() -> None:
    (answer,) = sheets.answers(io.BytesIO(b"serial,model"))

    assert isinstance(answer, Refused)
    assert answer.code == "sheet-unreadable"


class Exhausted(io.BytesIO):
    """A file for which there is no memory."""

    def read(self, *_: object) -> NoReturn:
        raise MemoryError


def test_a_workbook_that_needs_too_much_memory_is_too_large() -> None:
    (answer,) = sheets.answers(Exhausted(bytes(1000)))

    assert isinstance(answer, Refused)
    assert answer.code == "sheet-too-large"
