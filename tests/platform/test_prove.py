"""The scoreboard: one table, JSON beside it, exit status 1 when a measure failed or broke."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.prove import generated
from tests.prove.__main__ import chosen, main, measures_of
from tests.prove.running import Measure, run

SMALL = ("--only", "forgeries", "--sizes", "forgeries.pdfs=2", "forgeries.tokens=10", "forgeries.least=40")


async def proved(*arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode()


def left(folder: Path, pattern: str) -> list[Path]:
    return [*folder.glob(pattern)]


async def test_a_measure_is_told_in_the_table_and_as_json(tmp_path: Path) -> None:
    status, said = await proved(*SMALL, "--json", str(tmp_path / "out" / "prove.json"))
    assert status == 0, said
    assert "forged papers" in said
    told = json.loads((tmp_path / "out" / "prove.json").read_text())
    assert (told["column"], told["passed"]) == ("per change", True)
    measure = told["measures"]["forgeries"]
    assert measure["sizes"] == {"pdfs": 2, "tokens": 10, "least": 40}
    assert (measure["passed"], measure["failures"]) == (True, [])
    assert measure["seconds"] > 0


async def test_a_measure_that_breaks_is_a_failure_and_stops_no_other() -> None:
    broken = Measure("no_such_measure", 1, False, {})
    small = Measure("forgeries", 9, False, {"pdfs": 1, "tokens": 1, "least": 1})
    found = {name: result async for name, result in run([broken, small])}
    assert (found["no_such_measure"].passed, found["forgeries"].passed) == (False, True)
    assert "ModuleNotFoundError" in "".join(found["no_such_measure"].failures)


async def test_a_measure_that_does_not_end_is_ended_and_has_failed() -> None:
    endless = Measure("sync_simulation", 4, False, {"seeds": 10_000, "start": 1, "jobs": 1})
    ((name, result),) = [one async for one in run([endless], limit_s=4)]
    assert (name, result.passed, result.target) == ("sync_simulation", False, "it ends within 4 s")


async def test_what_a_measure_started_ends_with_the_runner(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.prove", "--only", "audit_chain"),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    while not left(tmp_path, "fieldstone-prove-*/postgres"):
        assert process.returncode is None
        await asyncio.sleep(0.05)
    process.terminate()
    said, _ = await process.communicate()
    assert (process.returncode, said.decode().splitlines()[-1:]) == (
        143,
        ["Stopped: nothing is proved, and nothing goes on."],
    )
    assert left(tmp_path, "fieldstone-prove-*") == []


def test_a_release_measures_no_less_than_a_change() -> None:
    small, large = (measures_of(release=release, given={}) for release in (False, True))
    assert [one.name for one in small] == [one.name for one in large]
    for less, more in zip(small, large, strict=True):
        assert all(more.sizes[size] >= value for size, value in less.sizes.items())


def test_what_needs_more_than_a_checkout_takes_part_for_a_release_or_when_it_is_named() -> None:
    every = measures_of(release=False, given={})
    apart = {one.name for one in every if one.release_only}
    assert apart == {"high_availability"}
    assert not apart & {one.name for one in chosen(every, set(), release=False)}
    assert chosen(every, set(), release=True) == every
    assert {one.name for one in chosen(every, apart, release=False)} == apart


@pytest.mark.parametrize("arguments", [("--only", "nothing"), ("--sizes", "forgeries.nothing=1")])
def test_a_measure_or_size_that_nobody_knows_is_named(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="nothing"):
        main(arguments)


async def test_a_request_that_nobody_answers_is_a_failure_of_the_contract() -> None:
    said = json.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": "a server that hangs up", "version": "1"},
            "paths": {"/gone": {"get": {"responses": {"200": {"description": "never sent"}}}}},
        }
    ).encode()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b" /schema " in await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n")
            writer.write(b"content-length: %d\r\n\r\n%s" % (len(said), said))
        writer.close()

    async with await asyncio.start_server(served, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, cases = await generated._run(f"http://127.0.0.1:{port}", "", generated.PHASES[0], {"seconds": 5, "seed": 1})
    assert [(label, wrong[0].split(" (")[0]) for label, _, wrong in cases] == [("GET /gone", "no answer")]
