"""What ``fieldstone backup`` and ``fieldstone restore`` refuse, and what they leave behind then: nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.backups.archive import BackupRefused, Writer
from api.backups.postgres import program_folder
from api.context import Context
from tests.cast import Cast
from tests.conftest import rows
from tests.platform.installations import edit, fieldstone, here, left, made, program
from tests.sealing.reports import issued


async def test_what_the_file_store_has_lost_or_changed_is_found_while_backing_up(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    ((lost,), *_) = await rows(owner, "SELECT blob_sha256 FROM upload")
    ((changed,), *_) = await rows(owner, "SELECT blob_sha256 FROM report_file")
    await context.blobs.remove(str(lost))
    async with context.blobs.file(str(changed)) as path:
        assert path is not None
        path.write_bytes(b"not what it was")
    told = (await made(context, tmp_path / "backup", status=3))["manifest"]
    assert (told["files_missing"], told["files_damaged"]) == ([lost], [changed])
    said = await fieldstone("backup", "--out", tmp_path / "in-words", **here(context))
    checked = await fieldstone("backup", "verify", tmp_path / "in-words")
    assert (said.exit_code, checked.exit_code) == (3, 0)
    assert "THE PRIVATE KEYS ARE NOT LOCKED IN THIS BACK-UP" in said.stderr
    for told_in_words in (said, checked):
        assert "keys NOT LOCKED" in told_in_words.stdout
        assert f"MISSING in the file store, though the database needs them: {lost}" in told_in_words.stderr
        assert f"DAMAGED in the file store: {changed}" in told_in_words.stderr
    new = {"DATABASE_URL": emptied, "FIELDSTONE_DATA": str(tmp_path / "new")}
    restored = await fieldstone("restore", tmp_path / "backup", "--json", **new)
    assert json.loads(restored.stdout)["files_missing"] == sorted([str(lost), str(changed)])
    nowhere = tmp_path / "a file"
    nowhere.write_text("where a folder should be")
    broken = await fieldstone("backup", "--out", nowhere / "below", **here(context))
    assert broken.exit_code == 1
    assert "Traceback" not in broken.output


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda out: (out / "database.dump").write_bytes(b"PGDMP"), "database.dump was changed"),
        (lambda out: next(out.glob("blobs/*/*/*")).unlink(), "is missing"),
        (lambda out: next(out.glob("keys/token-*")).write_bytes(b"mine"), "was changed"),
        (lambda out: (out / "keys" / "mine.pem").write_bytes(b"mine"), "was added"),
        (lambda out: (out / "run.sh").write_bytes(b"mine"), "which no back-up of this product does"),
        (lambda out: (out / "keys" / "link.pem").symlink_to("/etc/hostname"), "is no plain file"),
        (lambda out: (out / "manifest.json").unlink(), "cut off"),
        (lambda out: (out / "manifest.json").write_bytes(b"{"), "cannot be read"),
        (lambda out: edit(out, format=2), "another version"),
        (lambda out: edit(out, sums_sha256="0" * 64), "not the one that the manifest means"),
        (lambda out: edit(out, counts="many"), "says nonsense"),
        (lambda out: edit(out, revision="9999"), "which this older one does not know"),
        (lambda out: edit(out, server_major=99), "and this server is"),
    ],
)
async def test_a_damaged_or_foreign_backup_is_refused_before_anything_is_written(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str, harm: Any, why: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    await made(context, out)
    harm(out)
    new = {"DATABASE_URL": emptied, "FIELDSTONE_DATA": str(tmp_path / "new")}
    refused = await fieldstone("restore", out, **new)
    assert refused.exit_code == 1
    assert why in refused.stderr
    assert not (tmp_path / "new").exists()


async def test_wrong_counts_are_told_after_a_restore(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    manifest = (await made(context, out))["manifest"]
    edit(out, counts={**manifest["counts"], "photo": 9999})
    refused = await fieldstone("restore", out, DATABASE_URL=emptied, FIELDSTONE_DATA=str(tmp_path / "new"))
    assert refused.exit_code == 1
    assert "not as many rows as were backed up, in photo" in refused.stderr


async def test_a_cut_off_tar_file_is_refused(context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup.tar"
    await made(context, out)
    whole = out.read_bytes()
    for length in (100, len(whole) // 2, len(whole) - 20_000):
        out.write_bytes(whole[:length])
        refused = await fieldstone("backup", "verify", out)
        assert refused.exit_code == 1, length
        assert "Traceback" not in refused.output
    missing = await fieldstone("backup", "verify", tmp_path / "none.tar")
    assert "There is no" in missing.stderr


async def test_nothing_is_restored_over_what_is_there(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    await made(context, out)
    refused = await fieldstone("restore", out, **here(context))
    assert refused.exit_code == 1
    assert "not empty" in refused.stderr
    new = tmp_path / "new"
    (new / "keys").mkdir(parents=True)
    name = next((tmp_path / "keys").glob("token-*")).name
    (new / "keys" / name).write_bytes(b"another")
    refused = await fieldstone("restore", out, DATABASE_URL=emptied, FIELDSTONE_DATA=str(new))
    assert "is another key" in refused.stderr
    assert (new / "keys" / name).read_bytes() == b"another"
    twice = await fieldstone("backup", "--out", out, **here(context))
    assert (twice.exit_code, "is there already" in twice.stderr) == (1, True)


async def test_a_restore_that_broke_off_is_simply_repeated(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    await made(context, out)
    programs = tmp_path / "programs"
    for name in ("pg_dump", "pg_restore"):
        program(programs / name, 'echo "the disk is full" >&2; exit 1')
    new = {"DATABASE_URL": emptied, "FIELDSTONE_DATA": str(tmp_path / "new")}
    refused = await fieldstone("restore", out, **new, FIELDSTONE_PG_BIN=str(programs))
    assert "pg_restore failed (1): the disk is full" in refused.stderr
    assert (await fieldstone("restore", out, **new)).exit_code == 0
    broken_off = await fieldstone(
        "backup", "--out", tmp_path / "b.tar", **here(context), FIELDSTONE_PG_BIN=str(programs)
    )
    assert "pg_dump failed (1): the disk is full" in broken_off.stderr
    assert left(tmp_path, "b.tar*") == []


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
async def test_a_second_backup_to_the_same_place_is_refused_and_leaves_the_first_alone(
    name: str, context: Context, cast: Cast, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    with Writer(kept / name) as first:
        first.add_bytes("database.dump", b"the first one's")
        second = await fieldstone("backup", "--out", kept / name, **here(context))
        assert (second.exit_code, "is being written by another back-up" in second.stderr) == (1, True)
        assert left(kept) == [f"{name}.partial"]
    assert left(kept) == []
    died = kept / f"{name}.partial"
    died.write_bytes(b"") if name.endswith(".tar") else (died / "keys").mkdir(parents=True)
    await made(context, kept / name)
    assert (await fieldstone("backup", "verify", kept / name)).exit_code == 0


async def test_an_empty_database_is_not_backed_up(emptied: str, tmp_path: Path) -> None:
    refused = await fieldstone("backup", "--out", tmp_path / "b", DATABASE_URL=emptied, FIELDSTONE_DATA=str(tmp_path))
    assert "there is nothing to back up" in refused.stderr
    for nowhere in ("postgresql+asyncpg://x@/y?host=/none", emptied.replace("/second", "/third")):
        unreachable = await fieldstone("backup", "--out", tmp_path / "b", DATABASE_URL=nowhere)
        assert "cannot be reached" in unreachable.stderr
    assert left(tmp_path) == []
    assert "--out" in (await fieldstone("backup")).stderr


@pytest.mark.parametrize(
    ("server", "dumped_with", "chosen"),
    [(15, 0, 15), (16, 0, None), (15, 18, None), (17, 0, 18), (17, 15, 18), (18, 18, 18), (18, 0, 18), (19, 0, None)],
)
def test_the_oldest_programs_that_fit_are_taken_and_none_that_an_older_server_does_not_understand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: int, dumped_with: int, chosen: int | None
) -> None:
    for version in (15, 18):
        for name in ("pg_dump", "pg_restore"):
            program(tmp_path / str(version) / name, "exit 1", version)
    monkeypatch.setenv("FIELDSTONE_PG_BIN", str(tmp_path / "18"))
    monkeypatch.setenv("PATH", f"{tmp_path / '15'}:/bin")
    if chosen is None:
        with pytest.raises(BackupRefused, match="postgresql-client"):
            program_folder(server, dumped_with)
    else:
        assert program_folder(server, dumped_with) == (tmp_path / str(chosen), chosen)
