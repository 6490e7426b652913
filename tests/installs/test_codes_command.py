"""``fieldstone parse-code`` and ``read-photo``: the lines that other programs read."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api.cli import main
from tests.photos.drawn import Code, label, png


def told(*words: str) -> list[Any]:
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_a_code_is_told_as_one_object_of_five_members() -> None:
    assert told("parse-code", "(01)09504000059101(21)12345(10)L7", "--json") == [
        {
            "format": "gs1-bracketed",
            "gtin": "09504000059101",
            "serial": "12345",
            "identifiers": {"10": "L7"},
            "sure": True,
        }
    ]


@pytest.mark.parametrize("text", ["", "(01)09504000059102(21)12345"])
def test_an_invalid_code_gives_neither_serial_nor_gtin(text: str) -> None:
    (found,) = told("parse-code", text, "--json")
    assert (found["format"], found["gtin"], found["serial"], found["sure"]) == ("invalid", None, None, False)


def test_the_symbology_decides_what_a_bare_row_of_digits_is() -> None:
    (bare,) = told("parse-code", "0109504000059101211234", "--json")
    (scanned,) = told("parse-code", "0109504000059101211234", "--symbology", "]C1", "--json")
    assert (bare["sure"], scanned["sure"]) == (False, True)


def test_a_symbology_that_is_none_is_refused_and_shown_how() -> None:
    result = CliRunner().invoke(main, ["parse-code", "abc", "--symbology", "code128"])
    assert result.exit_code == 2
    assert "]C1" in result.output


def test_every_photo_is_told_in_a_line_of_its_own_one_that_cannot_be_opened_too(tmp_path: Path) -> None:
    drawn, junk = tmp_path / "label.png", tmp_path / "junk.png"
    drawn.write_bytes(png(label(Code("QRCode", "HP6-2538-000001Q", "HP6-2538-000001Q", "QR Code"))))
    junk.write_bytes(b"no picture")
    read, refused, missing = told("read-photo", str(drawn), str(junk), str(tmp_path / "none.png"), "--json")
    assert [one["file"] for one in (read, refused, missing)] == [str(drawn), str(junk), str(tmp_path / "none.png")]
    (code,) = read["reads"]
    assert {"text", "symbology", "engines", "accepted", "reason"} <= code.keys()
    assert (code["text"], code["symbology"], code["accepted"]) == ("HP6-2538-000001Q", "]Q1", True)
    assert (refused["reads"], refused["problem"]) == ([], "photo-kind-not-accepted")
    assert (missing["reads"], missing["problem"].split(":")[0]) == ([], "file-unreadable")
