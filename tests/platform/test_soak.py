"""What a soak is judged by, and that its rate is kept whatever comes back."""

import asyncio
import contextlib
import random
import subprocess
import sys
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.bench.load import request
from tests.prove.soak_chart import chart
from tests.prove.soak_drive import Driver, Seen
from tests.prove.soak_gauges import Sample, processes
from tests.prove.soak_judge import LONG_S, Soaked, judge, per_second, summed_up
from tests.prove.soak_mix import MIX, Ask, Kind, documented
from tests.prove.soak_world import World

SECONDS = 120
GOOD = Sample(0, 0.0, 150, 250, 400, 20, 3, 0.2, 2, 4, 0, 1.5, 0.1)


def soaked(seconds: int = SECONDS, **given: Any) -> Soaked:
    """A soak of ten requests a second in which all was well."""
    seen = [Seen(number / 10, MIX[number % len(MIX)], 0.02 + number % 50 / 1000) for number in range(seconds * 10)]
    samples = [replace(GOOD, at=float(second)) for second in range(seconds)]
    dull = {"peak": 17, "rate": 10, "began": 0, "seen": seen, "refused": [], "samples": samples}
    return Soaked(**{"seconds": seconds, **dull, **given})


def test_a_soak_in_which_all_was_well_passes() -> None:
    assert judge(soaked()).failures == []
    assert judge(soaked(LONG_S)).failures == []


@pytest.mark.parametrize(
    ("growing", "why"),
    [
        ({"api_mb": 1.0}, "memory of server and worker"),
        ({"worker_mb": 1.0}, "memory of server and worker"),
        ({"oldest_transaction_s": 0.2}, "oldest transaction"),
        ({"tasks_waiting": 2}, "tasks waiting"),
        ({"tasks_failed": 1}, "tasks failed"),
    ],
)
def test_what_grows_every_second_fails_it(growing: dict[str, float], why: str) -> None:
    run = soaked()
    ((name, each),) = growing.items()
    run.samples = [replace(one, **{name: getattr(one, name) + each * one.at}) for one in run.samples]
    (failure,) = judge(run).failures
    assert why in failure


def test_requests_that_take_longer_and_longer_fail_a_long_one() -> None:
    for seconds, fails in ((SECONDS, False), (LONG_S, True)):
        run = soaked(seconds)
        slower = [replace(one, seconds=one.seconds * (1 + one.due / 30)) for one in run.seen]
        verdict = judge(replace(run, seen=slower))
        assert "p99 drift +" in verdict.result
        assert any("p99" in one for one in verdict.failures) is fails


def test_an_answer_that_takes_ten_seconds_fails_it() -> None:
    run = soaked()
    (failure,) = judge(replace(run, seen=[*run.seen, replace(run.seen[0], seconds=10.0)])).failures
    assert "the slowest answer took 10.0 s" in failure


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"refused": [(3.0, 503)]}, "5xx"),
        ({"refused": [(3.0, 0)]}, "no answer"),
        ({"refused": [(3.0, 409)]}, "1 refused"),
        ({"undocumented": ["GET /jobs: 418, 1 times"]}, "GET /jobs: 418"),
        ({"in_ramp": 1}, "while the peak was looked for"),
        ({"wrong": 1}, "not what they ought to be"),
    ],
)
def test_one_bad_answer_fails_it(given: dict[str, Any], why: str) -> None:
    assert why in " ".join(judge(soaked(**given)).failures)


def test_a_run_that_failed_says_how_much_of_the_machine_was_not_its_own() -> None:
    run = soaked(refused=[(3.0, 503)])
    run.samples = [replace(one, others=1.6) for one in run.samples]
    assert "others kept 1.6 cores busy" in judge(run).failures[0]


def test_a_kind_that_was_never_asked_fails_it() -> None:
    run = soaked()
    assert judge(replace(run, seen=[one for one in run.seen if one.kind is not MIX[-1]])).failures


def test_a_long_soak_is_judged_more_finely() -> None:
    for seconds, fails in ((SECONDS, False), (LONG_S, True)):
        run = soaked(seconds)
        run.samples = [replace(one, api_mb=150 + 60 * one.at / seconds) for one in run.samples]
        assert bool(judge(run).failures) is fails


def test_the_chart_is_whole_and_the_series_have_every_second() -> None:
    run = soaked(refused=[(3.0, 503)])
    figures = {**summed_up(run), "judged": judge(run).judged, "machine": "x86_64 & more"}
    drawn = "".join(ElementTree.fromstring(chart(run, figures, passed=False)).itertext())
    assert "FAILED" in drawn
    assert "x86_64 & more" in drawn
    series = per_second(run)
    assert len(series["samples"]) == len(series["requests"]["pull"]) == SECONDS
    assert series["refused"][3] == {"503": 1}


def test_the_memory_of_processes_that_were_begun_here_is_read() -> None:
    before = processes().memory["api"]
    command = [sys.executable, "-c", "print(flush=True); input()", "uvicorn"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        after = processes()
        child.communicate(b"\n")
    assert after.memory["api"] > before + 1
    assert 0 < after.ours_s <= after.all_s


async def _ask_jobs(_: World, __: random.Random, ask: Ask) -> None:
    await ask("GET /jobs", request("GET", "/jobs"))


async def test_requests_are_sent_when_they_are_due_although_none_was_answered() -> None:
    asked: list[asyncio.StreamWriter] = []

    async def nobody_before_the_tenth(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # the driver hung up
            while await reader.readuntil(b"\r\n\r\n"):
                asked.append(writer)
                if len(asked) >= 10:
                    for one in asked[-10:] if len(asked) == 10 else asked[-1:]:
                        one.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(nobody_before_the_tenth, "127.0.0.1", 0)
    async with server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        mix = [Kind("jobs", "desk", 1, "the only one", _ask_jobs)]
        world: Any = None
        driver = Driver(base, world, mix)
        await driver.open_loop(100, 0.5)
        driver.close()
    assert len(driver.seen) >= 10
    assert driver.statuses["GET /jobs", 200] == len(driver.seen)
    first, tenth = (sorted(driver.seen, key=lambda one: one.due)[place] for place in (0, 9))
    assert first.seconds >= tenth.due - first.due, "the first waited for the tenth"


def test_every_request_of_the_mix_is_in_the_contract() -> None:
    assert sum(kind.share for kind in MIX) == 100
    assert {"POST /sync/pull", "POST /sync/push", "PATCH /uploads/{id}", "GET /V/{token}"} <= documented().keys()
