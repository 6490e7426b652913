"""The embedded PostgreSQL survives what laptops, containers and impatient people do to it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from api import embedded, embedded_home

FAST = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "20"}
PROJECT = Path(embedded.__file__).resolve().parents[1]


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fs", dir="/tmp") as folder:
        place = Path(folder) / "pg"
        yield place
        embedded.remove(place)


async def ask(
    server: embedded.Embedded, sql: str, role: str = "fieldstone_app", database: str = "fieldstone"
) -> object:
    connection = await asyncpg.connect(host=str(server.socket), port=server.port, user=role, database=database)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def postmaster(data: Path) -> int:
    return int((data / "server" / "cluster" / "postmaster.pid").read_text().split("\n")[0])


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError(f"{process} is still there")


def program(body: str, data: Path) -> "subprocess.Popen[str]":
    source = f"""
        import signal, sys, time
        from pathlib import Path
        from api.embedded import start
        data, fast = Path({str(data)!r}), {FAST!r}
        """
    text = textwrap.dedent(source) + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", text], cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def bystander(user: pwd.struct_passwd) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["/bin/sleep", "60"], **embedded_home.acting_as(user))


def owner_of(data: Path) -> int:
    return (data / "server").resolve().stat().st_uid


async def test_it_keeps_its_data_over_a_stop_and_a_start(data: Path) -> None:
    with embedded.start(data, settings=FAST) as server:
        await ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "fieldstone_owner")
    with embedded.start(data, settings=FAST) as server:
        assert await ask(server, "SELECT n FROM kept", "fieldstone_owner") == 7


async def test_the_products_roles_have_no_power_over_the_server(data: Path) -> None:
    with embedded.start(data, settings=FAST) as server:
        powers = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        for role in embedded.ROLES:
            assert await ask(server, powers, role) is False
        for role in ("fieldstone_app", "fieldstone_partner"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await ask(server, "CREATE TABLE mine (n int)", role)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(server, "CREATE TEMPORARY TABLE mine (n int)", "fieldstone_partner")
        await ask(server, "CREATE TEMPORARY TABLE mine (n int)", "fieldstone_app")


async def test_nobody_signs_in_as_superuser(data: Path) -> None:
    with embedded.start(data, settings=FAST) as server, pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await ask(server, "SELECT 1", "postgres")


async def test_the_owner_may_copy_a_template_that_has_the_extensions(data: Path) -> None:
    names = "SELECT count(*) FROM pg_extension WHERE extname IN ('btree_gist', 'pg_trgm')"
    with embedded.start(data, settings=FAST) as server:
        await ask(server, "CREATE DATABASE fresh", "fieldstone_owner")
        await ask(server, "CREATE DATABASE copy TEMPLATE fresh", "fieldstone_owner")
        for database in ("fieldstone", "copy"):
            assert await ask(server, names, database=database) == 2


async def test_similarity_sees_chinese_letters(data: Path) -> None:
    with embedded.start(data, settings=FAST) as server:
        assert await ask(server, "SELECT similarity('压缩机维修', '压缩机')") > 0.3


async def test_its_socket_is_closed_to_others_and_no_port_is_open(data: Path) -> None:
    with embedded.start(data, settings=FAST) as server:
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert await ask(server, "SHOW listen_addresses") == ""
        assert "trust" not in (data / "server" / "cluster" / "pg_hba.conf").read_text()


async def test_it_starts_again_after_its_server_was_killed(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS n", "fieldstone_owner")
    os.kill(postmaster(data), signal.SIGKILL)
    wait_until_gone(postmaster(data))
    with embedded.start(data, settings=FAST) as again:
        assert await ask(again, "SELECT n FROM kept", "fieldstone_owner") == 7


async def test_it_starts_though_the_pid_it_left_is_another_programs_now(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    killed = postmaster(data)
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)
    # PostgreSQL believes only a live process of its own user, and none of its own parents.
    other = bystander(pwd.getpwuid(owner_of(data)))
    try:
        for left in (data / "server" / "cluster" / "postmaster.pid", server.socket / ".s.PGSQL.5432.lock"):
            lines = left.read_text().split("\n")
            left.write_text("\n".join([str(other.pid), *lines[1:]]))
        with embedded.start(data, settings=FAST) as again:
            assert await ask(again, "SELECT 1") == 1
            assert postmaster(data) != other.pid
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


async def test_it_starts_though_its_pid_file_was_cut_off(data: Path) -> None:
    embedded.start(data, settings=FAST)
    killed = postmaster(data)
    os.kill(killed, signal.SIGKILL)
    wait_until_gone(killed)
    (data / "server" / "cluster" / "postmaster.pid").write_text("")
    with embedded.start(data, settings=FAST) as again:
        assert await ask(again, "SELECT 1") == 1


async def test_it_starts_after_a_creation_that_was_cut_off(data: Path) -> None:
    embedded.start(data, settings=FAST).stop()
    (data / "server" / "cluster").rename(data / "server" / "new")
    with embedded.start(data, settings=FAST) as again:
        assert await ask(again, "SELECT 1") == 1


async def test_two_starters_at_once_share_one_server(data: Path) -> None:
    body = """
        server = start(data, settings=fast)
        print((data / "server/cluster/postmaster.pid").read_text().split()[0], flush=True)
        time.sleep(1)
        server.stop()
        """
    starters = [program(body, data) for _ in range(4)]
    pids = {starter.communicate(timeout=60)[0].strip() for starter in starters}
    assert [starter.returncode for starter in starters] == [0] * 4
    assert len(pids) == 1
    wait_until_gone(int(pids.pop()))


async def test_the_last_to_leave_stops_it(data: Path) -> None:
    first = embedded.start(data, settings=FAST)
    second = embedded.start(data)
    first.stop()
    assert await ask(second, "SELECT 1") == 1
    running = postmaster(data)
    second.stop()
    wait_until_gone(running)


async def test_a_program_told_to_end_takes_its_server_along(data: Path) -> None:
    body = """
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with start(data, settings=fast):
            print("up", flush=True)
            time.sleep(60)
        """
    owner = program(body, data)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    running = postmaster(data)
    owner.terminate()
    owner.communicate(timeout=60)
    assert owner.returncode == 0
    wait_until_gone(running)


async def test_the_server_of_a_killed_program_is_taken_over_and_stopped(data: Path) -> None:
    owner = program("start(data, settings=fast); print('up', flush=True); time.sleep(60)", data)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    running = postmaster(data)
    owner.kill()
    owner.communicate()
    with embedded.start(data) as server:
        assert postmaster(data) == running
        assert await ask(server, "SELECT 1") == 1
    wait_until_gone(running)


async def test_a_server_told_to_end_from_outside_is_started_again(data: Path) -> None:
    server = embedded.start(data, settings=FAST)
    ending = postmaster(data)
    os.kill(ending, signal.SIGTERM)
    with contextlib.suppress(asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, OSError):
        while True:
            await ask(server, "SELECT 1")
    with embedded.start(data, settings=FAST) as again:
        assert await ask(again, "SELECT 1") == 1


async def test_a_long_path_gets_a_short_socket(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    if os.geteuid() == 0:  # root's server lives elsewhere; lead it here
        (deep / "x").mkdir(parents=True)
        user = pwd.getpwnam("nobody")
        os.chown(deep / "x", user.pw_uid, user.pw_gid)
        for folder in (data.parent, data, deep.parent, deep):
            folder.chmod(0o755)
        (data / "pg").mkdir()
        (data / "pg" / "server").symlink_to(deep / "x")
        place = data / "pg"
    else:
        place = deep
    try:
        with embedded.start(place, settings=FAST) as server:
            assert len(str(server.socket)) < 60
            assert server.socket.stat().st_mode & 0o777 == 0o700
            assert await ask(server, "SELECT 1") == 1
    finally:
        embedded.remove(place)


def test_a_socket_folder_that_others_prepared_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s").chmod(0o777)
    with pytest.raises(RuntimeError, match="nobody else may enter"):
        embedded_home.socket_folder(tmp_path, pwd.getpwuid(os.geteuid()))


async def test_a_setting_postgresql_refuses_is_told_with_its_own_words(data: Path) -> None:
    with pytest.raises(RuntimeError, match="no_such_setting"):
        embedded.start(data, settings={"no_such_setting": "1"})


def test_a_log_that_has_grown_is_put_aside_at_the_next_start(data: Path) -> None:
    embedded.start(data, settings=FAST).stop()
    log = data / "postgres.log"
    os.truncate(log, embedded.LOG_BYTES_MAX + 1)
    embedded.start(data, settings=FAST).stop()
    assert log.with_suffix(".log.1").stat().st_size == embedded.LOG_BYTES_MAX + 1
    assert 0 < log.stat().st_size < embedded.LOG_BYTES_MAX


def test_programs_that_the_environment_names_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELDSTONE_PG_BIN", "/usr/lib/postgresql/18/bin")
    assert embedded_home.binaries(pwd.getpwuid(os.getuid())) == Path("/usr/lib/postgresql/18/bin")


async def test_data_of_another_version_are_left_alone(data: Path) -> None:
    embedded.start(data, settings=FAST).stop()
    (data / "server" / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(RuntimeError, match="holds data of PostgreSQL 9"):
        embedded.start(data, settings=FAST)


def test_removing_leaves_nothing_behind(data: Path) -> None:
    embedded.start(data, settings=FAST)
    running, folder = postmaster(data), (data / "server").resolve()
    embedded.remove(data)
    wait_until_gone(running)
    assert not data.exists()
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for another user")
async def test_for_root_it_runs_as_a_system_user_and_opens_no_other_folder(data: Path) -> None:
    before = {folder: folder.stat().st_mode for folder in data.parents}
    with embedded.start(data, settings=FAST) as server:
        assert owner_of(data) != 0
        assert (data / "server" / "cluster" / "postmaster.pid").stat().st_uid == owner_of(data)
        assert (data / "server").resolve().is_relative_to(embedded_home.SYSTEM_FOLDER)
        assert await ask(server, "SELECT 1") == 1
    assert {folder: folder.stat().st_mode for folder in data.parents} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for another user")
@pytest.mark.skipif("FIELDSTONE_PG_BIN" in os.environ, reason="these binaries are where they are")
def test_for_root_binaries_out_of_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="fs", dir="/var/tmp") as system, tempfile.TemporaryDirectory() as closed:
        Path(system).chmod(0o755)
        monkeypatch.setattr(embedded_home, "SYSTEM_FOLDER", Path(system))
        reachable = embedded_home.binaries(nobody)
        package = reachable.parents[1]
        shutil.copytree(package, Path(closed) / package.name)
        monkeypatch.syspath_prepend(closed)
        copied = embedded_home.binaries(nobody)
        assert copied.is_relative_to(system)
        as_nobody = embedded_home.acting_as(nobody)
        said = subprocess.run([copied / "postgres", "--version"], check=True, capture_output=True, **as_nobody).stdout
        assert said.startswith(b"postgres (PostgreSQL)")
