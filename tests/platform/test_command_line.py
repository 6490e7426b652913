"""``fieldstone``: what every command says of itself, what it refuses, and those that need no server."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine

import api.cli
from api.cli import main
from api.context import Context
from tests.conftest import rows
from tests.photos.drawn import Code, label, png
from tests.sealing.test_commands import fieldstone


def said(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(words), env=environment)


def every_command(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of a command and of all below it."""
    yield words
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from every_command(one, (*words, name))


@pytest.mark.parametrize("words", [*every_command(main)], ids=lambda words: " ".join(words) or "fieldstone")
def test_every_command_explains_itself_and_each_of_its_options(words: tuple[str, ...]) -> None:
    result = said(*words, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    assert command.help is not None
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("no-such-command",), "No such command"),
        (("serve", "--port", "eighty"), "'eighty' is not a valid integer"),
        (("demo", "--units", "10"), "10 is not in the range"),
        (("simulate", "--trace"), "--trace tells one schedule: name it with --seed."),
        (("backup",), "Say where to with --out."),
        (("replay-claim",), "Name a claim, or say --all."),
        (("keys", "rotate", "root"), "'root' is not one of"),
        (("print", "job-sheets", "tomorrow", "-o", "none.pdf"), "does not match the format"),
        (("judge-year", "--claims", "1"), "1 is not in the range"),
        (("bill-of-materials", "--format", "spdx"), "'spdx' is not one of"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_meant_is_refused_in_a_line(words: tuple[str, ...], why: str) -> None:
    result = said(*words)
    assert result.exit_code == 2
    assert why in result.output
    assert "Traceback" not in result.output


def test_settings_that_cannot_be_read_stop_every_command_in_a_line() -> None:
    result = said("serve", FIELDSTONE_PORT="eighty")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "port" in result.output.lower()


def test_a_contract_that_no_longer_fits_is_told_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.cli, "ROOT", tmp_path)
    stale = said("openapi", "--check")
    assert stale.exit_code == 1
    assert stale.output.startswith("openapi/openapi.json, openapi/problems.md no longer fit the code")
    assert not (tmp_path / "openapi").exists()
    assert said("openapi").output == "Written: openapi.json, problems.md\n"
    assert said("openapi", "--check").output == "The contract fits the code.\n"
    (tmp_path / "openapi" / "problems.md").write_text("of an older release")
    assert said("openapi").output == "Written: problems.md\n"


async def test_the_schema_is_brought_up_to_date(context: Context, owner: AsyncEngine) -> None:
    before = await rows(owner, "SELECT version_num FROM alembic_version")
    result = await fieldstone(context, "migrate")
    assert (result.exit_code, result.output) == (0, "The schema is up to date.\n")
    assert await rows(owner, "SELECT version_num FROM alembic_version") == before


async def test_the_first_admin_gets_a_link_to_set_a_password(context: Context, owner: AsyncEngine) -> None:
    result = await fieldstone(context, "init", "--login", "ada@first", "--name", "Ada First")
    assert result.exit_code == 0, result.output
    assert re.fullmatch(r"http://\S+/welcome#\S+  \(holds until \S+ \S+ UTC\)\n", result.output)
    assert await rows(owner, "SELECT login, role FROM account") == [("ada@first", "admin")]
    for login, why in (("ada@first", "Choose another login"), ("a" * 5_000, "length <= "), ("", "length >= 2")):
        again = await fieldstone(context, "init", "--login", login, "--name", "Ada Again")
        assert again.exit_code == 1
        assert again.output.startswith("Error: ")
        assert why in again.output
    assert await rows(owner, "SELECT name FROM account") == [("Ada First",)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "(01)09504000059101(21)12345(10)L7",
            ["format gs1-bracketed", "gtin 09504000059101", "serial 12345", "identifiers {'10': 'L7'}", "sure yes"],
        ),
        (
            "(01)09504000059102(21)12345",
            ["format invalid", "gtin -", "serial -", "sure no", "reason (01) fails its check: sum"],
        ),
        (
            "0109504000059101211234",
            ["serial 1234", "sure no", "or the text as it is: serial 0109504000059101211234, GTIN -"],
        ),
    ],
)
def test_a_code_is_told_in_lines_to_read(text: str, lines: list[str]) -> None:
    told = [" ".join(line.split()) for line in said("parse-code", text).output.splitlines()]
    assert [line for line in lines if line not in told] == []


async def test_photos_are_told_in_lines_to_read(tmp_path: Path) -> None:
    drawn, junk = tmp_path / "label.png", tmp_path / "junk.png"
    drawn.write_bytes(png(label(Code("QRCode", "HP6-2538-000001Q", "HP6-2538-000001Q", "QR Code"))))
    junk.write_bytes(b"no picture")
    result = await asyncio.to_thread(said, "read-photo", str(drawn), str(junk), str(tmp_path / "none.png"))
    assert result.output.splitlines() == [
        f"{drawn}: 'HP6-2538-000001Q' QR Code",
        f"{junk}: nothing read (photo-kind-not-accepted)",
        f"{tmp_path / 'none.png'}: nothing read (file-unreadable: No such file or directory)",
    ]
