"""What a worker answers; how it is locked in is tested with the sandbox."""

import io
from pathlib import Path
from typing import NoReturn

import openpyxl
from PIL import Image

from mobile_sync.photos import engines, sheets
from mobile_sync.photos.messages import (
    Copy,
    DecodePhoto,
    End,
    Reads,
    ReencodePhoto,
    Refused,
    Rows,
    answer_from,
    framed,
    read_frame,
)
from mobile_sync.photos.worker import carry_out, send_all, warm_up
from tests.photos.drawn import CODES, jpeg, label

VOICES = engines.load()
PHOTO = jpeg(label(CODES[0]))


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
    pipe.seek(0)

    received = []
    while (body := read_frame(pipe)) is not None:
        received.append(answer_from(body))
    assert received == sent


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
