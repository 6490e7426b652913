"""``fieldstone audit``: what it says, and the status it exits with."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from api.cli import main
from api.cli_audit import TELL_EVERY_SECONDS, Progress
from api.context import Context
from tests.audit.chained import journaled, sealed, tamper
from tests.sealing.test_commands import fieldstone


async def verified(context: Context, *words: object) -> tuple[int, dict[str, Any]]:
    """The exit status and the answer of a check."""
    result = await fieldstone(context, "audit", "verify", *words, "--json")
    return result.exit_code, json.loads(result.stdout)


async def test_a_whole_chain_exits_with_nought(context: Context) -> None:
    await sealed(context, 3)
    status, told = await verified(context)
    assert (status, told["whole"], told["entries"], told["broken"]) == (0, True, 3, None)
    said = await fieldstone(context, "audit", "verify")
    assert said.exit_code == 0
    assert said.stdout.startswith("whole: ")
    assert "3 entries found whole, 0 of them with their body erased; 1 checkpoints, 0 void" in said.stdout


async def test_an_empty_chain_is_whole_and_has_no_checkpoint(context: Context, tmp_path: Path) -> None:
    assert (await verified(context))[0] == 0
    refused = await fieldstone(context, "audit", "checkpoint", "--out", tmp_path / "none.json")
    assert refused.exit_code == 1
    assert "nothing to sign" in refused.output


async def test_a_checkpoint_that_cannot_be_written_is_told_in_a_line(context: Context, tmp_path: Path) -> None:
    await sealed(context, 1)
    refused = await fieldstone(context, "audit", "checkpoint", "--out", tmp_path / "nowhere" / "kept.json")
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: It cannot be written")


async def test_a_broken_chain_names_the_first_entry_that_is_wrong(context: Context, owner: AsyncEngine) -> None:
    ids = await sealed(context, 5)
    await tamper(owner, f"UPDATE journal SET outcome = 'applied' WHERE op_id IN ('{ids[2]}', '{ids[4]}')")
    status, told = await verified(context)
    assert (status, told["whole"]) == (3, False)
    assert (told["broken"]["wrong"], told["broken"]["no"], told["broken"]["op_id"]) == ("edited", 3, str(ids[2]))
    said = await fieldstone(context, "audit", "verify")
    assert said.exit_code == 3
    assert said.stdout.splitlines()[:2] == ["edited: Entry 3 is not what was sealed.", f"Operation {ids[2]}"]


async def test_an_outsider_keeps_a_checkpoint_and_checks_by_it_later(
    context: Context, owner: AsyncEngine, tmp_path: Path
) -> None:
    await sealed(context, 2)
    await journaled(context.database, 2)
    file = tmp_path / "checkpoint.json"
    written = await fieldstone(context, "audit", "checkpoint", "--out", file)
    assert written.exit_code == 0, written.output
    assert f"{file}: entry 4, digest " in written.output  # what waited was sealed first
    assert json.loads(file.read_text())["no"] == 4
    await sealed(context, 3)
    assert (await verified(context, "--against", file))[0] == 0
    await tamper(
        owner,
        *(f"DELETE FROM {table} WHERE no > 2" for table in ("audit_checkpoint", "audit_chain")),
        "DELETE FROM journal WHERE op_id NOT IN (SELECT op_id FROM audit_chain)",
    )
    assert (await verified(context))[0] == 0
    status, told = await verified(context, "--against", file)
    assert (status, told["broken"]["wrong"]) == (3, "cut-off")
    said = await fieldstone(context, "audit", "verify", "--against", file)
    assert said.stdout.startswith(
        "cut-off: The chain ends at 2; the checkpoint kept outside signs 4 entries.\n2 entries"
    )


async def test_a_check_by_exported_keys_trusts_no_other(context: Context, owner: AsyncEngine, tmp_path: Path) -> None:
    await sealed(context, 2)
    assert (await fieldstone(context, "keys", "export", tmp_path)).exit_code == 0
    keys = ("--keys", tmp_path / "report-keys.json")
    assert (await verified(context, *keys))[0] == 0
    assert (await fieldstone(context, "keys", "rotate", "checkpoint")).exit_code == 0
    await sealed(context, 2)
    assert (await verified(context))[0] == 0
    status, told = await verified(context, *keys)
    assert (status, told["broken"]["wrong"], told["broken"]["no"]) == (3, "checkpoint-forged", 4)


@pytest.mark.parametrize("option", ["--against", "--keys"])
@pytest.mark.parametrize("content", ["", "{}", '{"no": 0}', '{"keys": [{}]}'])
async def test_files_of_another_kind_are_refused(context: Context, tmp_path: Path, option: str, content: str) -> None:
    (tmp_path / "odd.json").write_text(content)
    result = await fieldstone(context, "audit", "verify", option, tmp_path / "odd.json")
    assert result.exit_code == 1
    assert "This is no " in result.output


@pytest.mark.parametrize("server", ["none", "another"])
async def test_without_a_database_it_says_so(context: Context, server: str) -> None:
    here = make_url(context.settings.database_url).set(database="none").render_as_string(hide_password=False)
    nowhere = {"none": "postgresql+asyncpg://fieldstone_app@127.0.0.1:9/none", "another": here}[server]
    result = await fieldstone(context, "audit", "verify", DATABASE_URL=nowhere)
    assert result.exit_code == 1
    assert "cannot be read" in result.output


def test_progress_is_told_every_other_second(capsys: pytest.CaptureFixture[str]) -> None:
    tell = Progress()
    tell(2_000, 9_000)
    assert capsys.readouterr().err == ""
    tell.told -= TELL_EVERY_SECONDS
    tell(4_000, 9_000)
    tell(6_000, 9_000)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("4,000 of 9,000 entries, ")


@pytest.mark.parametrize("words", [["audit"], ["audit", "verify"], ["audit", "checkpoint"]])
def test_each_command_explains_itself(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
