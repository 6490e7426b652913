"""``fieldstone backup`` and ``fieldstone restore``: a drill with all there is, and what they refuse."""

import asyncio
import hashlib
import json
import tarfile
from pathlib import Path

import httpx
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from litestar import Litestar
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from api import embedded
from api.backups.contents import CITING
from api.context import Context, build
from api.migrate import SCRIPTS, differences
from api.settings import Settings
from domain.migrations.tables import METADATA
from tests.cast import Caller, Cast
from tests.conftest import rows
from tests.people.test_signing_in import invited, sign_in
from tests.platform.installations import WALLS, fieldstone, here, made, program, programs_of_the_wheel, secret
from tests.reports.sheets import printed
from tests.sealing.reports import issued, run


async def test_a_drill_everything_comes_back_on_another_server_though_people_went_on_working(
    context: Context,
    cast: Cast,
    nobody: Caller,
    owner: AsyncEngine,
    tmp_path: Path,
    elsewhere: Path,
    held: list[Context],
    application: Litestar,
) -> None:
    await invited(cast, nobody)
    token, pdf = await issued(context, cast, owner)
    working = True

    async def work_on() -> int:
        visits = 0
        while working:
            await printed(context, cast)
            visits += 1
        return visits

    at_work = asyncio.create_task(work_on())
    await asyncio.sleep(0.5)
    out = tmp_path / "kept" / "backup"
    locked = ("--passphrase-file", secret(tmp_path))
    told = await made(context, out, *locked)
    working = False
    assert await at_work >= 1
    manifest = told["manifest"]
    assert manifest["counts"]["photo"] >= 3
    assert (manifest["files_missing"], manifest["files_damaged"], manifest["keys"]) == ([], [], "sealed")
    check = await asyncio.create_subprocess_exec("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=out)
    assert await check.wait() == 0
    assert (await fieldstone("backup", "verify", out, *locked)).exit_code == 0

    result = await fieldstone("restore", out, *locked, "--json", FIELDSTONE_DATA=str(elsewhere))
    assert result.exit_code == 0, result.output
    restored = json.loads(result.stdout)
    assert restored["rows"] == sum(manifest["counts"].values())
    assert restored["files"] == manifest["files"]
    assert restored["files_missing"] == []

    keys = sorted(path.name for path in (tmp_path / "keys").iterdir())
    assert restored["keys"] == keys == sorted(path.name for path in (elsewhere / "keys").iterdir())
    assert all((elsewhere / "keys" / key).stat().st_mode & 0o777 == 0o600 for key in keys)
    assert all((elsewhere / "keys" / key).read_bytes() == (tmp_path / "keys" / key).read_bytes() for key in keys)

    file = tmp_path / "report.pdf"
    file.write_bytes(pdf)
    for which in (file, token):
        verdict = await fieldstone("verify-report", which, "--json", FIELDSTONE_DATA=str(elsewhere))
        assert (verdict.exit_code, json.loads(verdict.stdout)["verdict"]) == (0, "genuine")

    with embedded.start(elsewhere / "postgres") as server:
        behind = create_async_engine(server.url("fieldstone_owner"))
        for table, count in manifest["counts"].items():
            assert await rows(behind, f"SELECT count(*) FROM {table}") == [(count,)], table
        for wall in WALLS:
            assert await rows(behind, wall) == await rows(owner, wall)
        assert await differences(server.url("fieldstone_owner")) == []
        for sha256, *_ in await rows(
            behind, "SELECT blob_sha256 FROM upload UNION SELECT blob_sha256 FROM report_file"
        ):
            kept = elsewhere / "blobs" / str(sha256)[:2] / str(sha256)[2:4] / str(sha256)
            assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha256
        await behind.dispose()
        there = build(Settings(data=str(elsewhere), database_url=server.url("fieldstone_app")))
        try:
            await there.database.refuse_unsafe_roles()
            held[:] = [there]
            transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test") as http:
                tokens = await sign_in(Caller(http, "", None))
                again = Caller(http, tokens["access_token"], None)
                assert (await again.get("/me")).status_code == 200
                await printed(there, cast)  # the keys that seal are here, so nothing new is made
            assert sorted(path.name for path in (elsewhere / "keys").iterdir()) == sorted(
                {*keys, "session.key", "tag.key"}
            )
        finally:
            held[:] = [context]
            await there.close()


async def test_a_tar_file_holds_the_same(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup.tar"
    told = await made(context, out)
    assert out.stat().st_mode & 0o777 == 0o600
    with tarfile.open(out) as tar:
        assert tar.getnames()[-1] == "manifest.json"
    new = {"DATABASE_URL": emptied, "FIELDSTONE_DATA": str(tmp_path / "new")}
    result = await fieldstone("restore", out, **new)
    assert result.exit_code == 0, result.output
    assert f"{told['manifest']['files']:,} files" in result.stdout
    assert "as many as were backed up" in result.stderr
    assert not list((tmp_path / "new").glob("restore-*"))


async def test_keys_that_are_not_locked_and_keys_of_the_environment_are_said_loudly(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    result = await fieldstone("backup", "--out", out, **here(context), FIELDSTONE_TAG_KEY="given by the environment")
    assert result.exit_code == 0, result.output
    assert "THE PRIVATE KEYS ARE NOT LOCKED" in result.stderr
    assert "FIELDSTONE_TAG_KEY" in result.stdout
    assert out.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in out.rglob("*") if path.is_file()} == {0o600}
    told = await fieldstone("backup", "verify", out)
    assert told.exit_code == 0
    assert "keys NOT LOCKED" in told.stdout
    assert "given by the environment" not in "".join(path.read_text(errors="replace") for path in out.glob("*.*"))


async def test_locked_keys_open_with_their_passphrase_alone(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, emptied: str
) -> None:
    await issued(context, cast, owner)
    out = tmp_path / "backup"
    await made(context, out, "--passphrase-file", secret(tmp_path))
    assert not (out / "keys").exists()
    assert b"PRIVATE KEY" not in (out / "keys.sealed").read_bytes()
    new = {"DATABASE_URL": emptied, "FIELDSTONE_DATA": str(tmp_path / "new")}
    other = secret(tmp_path, "another passphrase altogether")
    for words, why in (((), "--passphrase-file"), (("--passphrase-file", other), "another passphrase")):
        refused = await fieldstone("restore", out, *words, **new)
        assert refused.exit_code == 1
        assert why in refused.stderr
    assert not (tmp_path / "new").exists()
    short = await fieldstone("backup", "verify", out, "--passphrase-file", secret(tmp_path, "short"))
    assert "too short" in short.stderr


async def test_what_was_erased_while_it_was_made_is_no_loss(
    context: Context, cast: Cast, owner: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issued(context, cast, owner)
    ((erased,), *_) = await rows(owner, "SELECT blob_sha256 FROM report_file")
    waits, go_on, slow = tmp_path / "waits", tmp_path / "go-on", tmp_path / "slow"
    # The snapshot is taken, and the dump waits until somebody has erased a report.
    waiting = f'touch "{waits}"; while [ ! -e "{go_on}" ]; do sleep 0.05; done'
    program(slow / "pg_dump", f'{waiting}; exec "{programs_of_the_wheel()}/pg_dump" "$@"')
    (slow / "pg_restore").symlink_to(programs_of_the_wheel() / "pg_restore")
    monkeypatch.setenv("FIELDSTONE_PG_BIN", str(slow))
    making = asyncio.create_task(made(context, tmp_path / "backup"))
    deadline = asyncio.get_running_loop().time() + 30
    while not waits.exists() and not making.done():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    await run(owner, "DELETE FROM report_file")
    await context.blobs.remove(str(erased))
    go_on.touch()
    told = (await making)["manifest"]
    assert (told["files_gone"], told["files_missing"]) == (1, [])
    assert told["counts"]["report_file"] == 1


async def test_an_older_schema_is_migrated_after_it_was_restored(emptied: str, tmp_path: Path, elsewhere: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    newest, former, *_ = (one.revision for one in ScriptDirectory.from_config(config).walk_revisions())
    before = create_async_engine(emptied.replace("fieldstone_app", "fieldstone_owner"))

    def begin(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, former)

    async with before.begin() as connection:
        await connection.run_sync(begin)
    await before.dispose()
    out = tmp_path / "backup"
    result = await fieldstone("backup", "--out", out, "--json", DATABASE_URL=emptied, FIELDSTONE_DATA=str(tmp_path))
    assert json.loads(result.stdout)["manifest"]["revision"] == former, result.output
    result = await fieldstone("restore", out, FIELDSTONE_DATA=str(elsewhere))
    assert result.exit_code == 0, result.output
    with embedded.start(elsewhere / "postgres") as server:
        after = create_async_engine(server.url("fieldstone_owner"))
        assert await rows(after, "SELECT version_num FROM alembic_version") == [(newest,)]
        await after.dispose()


def test_every_column_that_cites_a_blob_is_asked() -> None:
    citing = {
        column
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.name in ("blob_sha256", "photo_sha256")
    }
    assert citing == {next(iter(column.property.columns)) for column in CITING}
