"""``fieldstone verify-report`` and ``fieldstone keys``: what they say, and the status they exit with."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine

from api.cli import main
from api.cli_reports import PDF_BYTES_MAX
from api.context import Context
from tests.cast import Cast
from tests.conftest import rows
from tests.sealing.reports import issued, run


async def fieldstone(context: Context, *words: object, **environment: str) -> Result:
    """Run the command as a person does, against the tests' database."""
    given = {"DATABASE_URL": context.settings.database_url, "FIELDSTONE_DATA": context.settings.data, **environment}
    return await asyncio.to_thread(lambda: CliRunner().invoke(main, [str(word) for word in words], env=given))


async def verdict(context: Context, *words: object) -> tuple[int, dict[str, Any]]:
    """The exit status and the answer of a check."""
    result = await fieldstone(context, "verify-report", *words, "--json")
    return result.exit_code, json.loads(result.stdout)


async def filed(context: Context, cast: Cast, owner: AsyncEngine, folder: Path) -> tuple[str, Path]:
    """The token of a sealed report, and its PDF in a file."""
    token, pdf = await issued(context, cast, owner)
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    return token, file


async def test_a_file_and_a_token_of_ours_are_genuine(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    for which in (file, token, f"HTTPS://REPORTS.EXAMPLE/V/{token}"):
        status, told = await verdict(context, which)
        assert (status, told["verdict"]) == (0, "genuine"), told
        assert told["report_number"].startswith("R-7")
        assert told["revision"] == told["newest_revision"] == 1
    said = await fieldstone(context, "verify-report", file)
    assert said.exit_code == 0
    assert said.output.startswith("genuine: Issued by us, and the newest revision.")
    assert "UNTOUCHED" in said.output


async def test_a_changed_file_and_a_strangers_are_told_apart(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    _, file = await filed(context, cast, owner, tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole + b"\n% later")
    assert (await verdict(context, file))[0] == 6
    file.write_bytes(whole.replace(b"/Title", b"/Titel", 1))
    status, told = await verdict(context, file)
    assert (status, told["verdict"]) == (6, "changed")
    file.write_bytes(b"%PDF-1.4\n% a stranger's")
    status, told = await verdict(context, file)
    assert (status, told["verdict"]) == (5, "not-ours")
    assert (await verdict(context, "A" * 212))[0] == 5


async def test_what_is_no_report_is_told_in_lines_to_read(context: Context, tmp_path: Path) -> None:
    stranger = await fieldstone(context, "verify-report", "A" * 212)
    assert (stranger.exit_code, stranger.output) == (5, "not-ours: No key of ours signed it.\n")
    huge = tmp_path / "huge.pdf"
    with huge.open("wb") as file:
        file.truncate(PDF_BYTES_MAX + 1)
    refused = await fieldstone(context, "verify-report", huge)
    assert (refused.exit_code, refused.output) == (1, "Error: This file is too large to be a report of ours.\n")


async def test_superseded_and_withdrawn_reports_say_so(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    await run(
        owner,
        "INSERT INTO report_revision (report_id, revision, partner_id, document, digest, verification_code, "
        "short_code, frozen_at) SELECT report_id, 2, partner_id, document, digest, 'other', 'other', now() "
        "FROM report_revision",
    )
    assert [(await verdict(context, which))[0] for which in (token, file)] == [3, 3]
    await run(owner, "UPDATE report SET state = 'withdrawn'")
    assert [(await verdict(context, which))[0] for which in (token, file)] == [4, 4]


async def test_a_seal_from_after_a_revocation_does_not_count(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    ((key,),) = await rows(owner, "SELECT token_key_id FROM report_seal")
    assert (await fieldstone(context, "keys", "revoke", key, "--reason", "A test of the drill")).exit_code == 0
    assert [(await verdict(context, which))[0] for which in (token, file)] == [0, 0]
    await run(owner, "ALTER TABLE sealing_key DISABLE TRIGGER change_key_only_to_end_it")
    await run(owner, f"UPDATE sealing_key SET revoked_at = '2020-01-01' WHERE id = '{key}'")
    await run(owner, "ALTER TABLE sealing_key ENABLE TRIGGER change_key_only_to_end_it")
    assert [(await verdict(context, which))[0] for which in (token, file)] == [7, 7]


async def test_with_the_keys_alone_the_status_stays_unknown(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    token, file = await filed(context, cast, owner, tmp_path)
    exported = await fieldstone(context, "keys", "export", tmp_path / "out", "--json")
    written = [Path(path).name for path in json.loads(exported.output)["written"]]
    assert written[0] == "report-keys.json"
    assert written[1].startswith("root-")
    assert "PRIVATE" not in "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    keys = ("--keys", tmp_path / "out" / "report-keys.json")
    for which in (token, file):
        status, told = await verdict(context, which, *keys)
        assert (status, told["verdict"]) == (8, "status-unknown"), told
    file.write_bytes(file.read_bytes().replace(b"/Title", b"/Titel", 1))
    assert (await verdict(context, file, *keys))[0] == 6
    assert (await verdict(context, token[:-1] + ("A" if token[-1] != "A" else "Q"), *keys))[0] == 5
    (tmp_path / "empty.json").write_text("{}")
    assert (await fieldstone(context, "verify-report", token, "--keys", tmp_path / "empty.json")).exit_code == 1


async def test_without_a_register_it_says_so(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    token, _ = await issued(context, cast, owner)
    nowhere = "postgresql+asyncpg://fieldstone_app@127.0.0.1:9/none"
    result = await fieldstone(context, "verify-report", token, DATABASE_URL=nowhere)
    assert result.exit_code == 1
    assert "cannot be reached" in result.output


async def test_keys_are_listed_and_rotated(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    await issued(context, cast, owner)
    listed = await fieldstone(context, "keys", "list", "--json")
    assert [key["purpose"] for key in json.loads(listed.stdout)["keys"]] == ["token", "root", "pdf", "checkpoint"]
    rotated = await fieldstone(context, "keys", "rotate", "pdf")
    assert rotated.exit_code == 0, rotated.output
    lines = (await fieldstone(context, "keys", "list")).stdout.splitlines()
    assert len(lines) == 6
    assert (await fieldstone(context, "keys", "revoke", "00000000", "--reason", "none")).exit_code == 1


@pytest.mark.parametrize(
    "words", [["keys"], ["keys", "list"], ["keys", "rotate"], ["keys", "revoke"], ["verify-report"]]
)
def test_each_command_explains_itself(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output
