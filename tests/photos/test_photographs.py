"""Real photographs with known texts: how many are read, and that hardly any is read wrongly."""

import csv
import time
from pathlib import Path

import pytest

from mobile_sync.photos import engines
from mobile_sync.photos.decode import decode
from mobile_sync.photos.picture import open_picture
from mobile_sync.photos.rule import RETAIL, Read, gtin14

RIGHT_SHARE_MIN = 0.86
WRONG_MAX = 1
# A second label that is truly on the picture, says the manifest's note; any text named there is no mistake.
ALSO_THERE = "also read"


def says(read: Read, row: dict[str, str]) -> bool:
    expected = row["expected_gtin14"]
    if read.symbology_name in RETAIL and expected:
        return gtin14(read.text) == expected
    return read.text == row["expected_text"]


def test_photographs_are_read_and_hardly_any_wrongly(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    voices = engines.load()
    with (shared / "barcodes" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    began, right, missed, wrong = time.process_time(), 0, [], []
    for row in rows:
        reads = decode(open_picture((shared / "barcodes" / row["file"]).read_bytes()), voices)
        accepted = [read for read in reads if read.accepted]
        if any(says(read, row) for read in accepted) or (row["symbology"] == "NONE" and not accepted):
            right += 1
        else:
            missed.append(row["file"])
        noted = row["note"] if ALSO_THERE in row["note"] else ""
        wrong += [(row["file"], read.text) for read in accepted if not says(read, row) and read.text not in noted]
    cpu = time.process_time() - began

    with capsys.disabled():
        share = 100 * right / len(rows)
        print(f"\nphotographs: {right} of {len(rows)} right ({share:.1f} %), {len(wrong)} wrong, {cpu:.1f} s of CPU")
        print(*(f"  missed {name}" for name in missed), *(f"  wrong {name}: {text}" for name, text in wrong), sep="\n")
    assert right >= RIGHT_SHARE_MIN * len(rows)
    assert len(wrong) <= WRONG_MAX
