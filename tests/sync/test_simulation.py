"""The simulation: nothing is lost under any seed, a seed tells one story, and each rule is missed when it is gone."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from api import embedded
from api.cli import main
from api.trials.simulation.faults import MOVES, OFTEN
from api.trials.simulation.running import Tally, ground_of, play
from api.trials.simulation.sabotage import SABOTAGES
from api.trials.simulation.schedule import Verdict
from api.trials.simulation.world import Ground

SEEDS = json.loads((Path(__file__).parent / "seeds.json").read_text())
EVERY_TIME = range(1, 51)
"""In them every fault strikes; `make prove` plays two hundred."""
CAUGHT_WITHIN = 150
"""So many schedules a sabotage may go unnoticed; the seed that is known to show it comes first."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def found(cluster: embedded.Embedded) -> AsyncIterator[Ground]:
    """A world on a database of its own."""
    owner = create_async_engine(cluster.url("fieldstone_owner"), isolation_level="AUTOCOMMIT")
    async with owner.connect() as connection:
        await connection.execute(text("CREATE DATABASE simulation"))
    await owner.dispose()
    async with ground_of(cluster, "simulation") as ground:
        yield ground


async def played(
    found: Ground, seeds: list[int], sabotage: str = "", enough: int = 1000
) -> tuple[Tally, list[Verdict]]:
    """Play some seeds until so many failed."""
    tally, verdicts = Tally(), list[Verdict]()

    def heard(verdict: Verdict) -> bool:
        tally.add(verdict)
        verdicts.append(verdict)
        return len(tally.failed) >= enough

    await play(found, seeds, heard, sabotage)
    return tally, verdicts


def told(tally: Tally) -> str:
    """What failed, as one reads it."""
    return "\n".join(
        f"fieldstone simulate --seed {verdict.seed} --trace\n  " + "\n  ".join(verdict.violations[:5])
        for verdict in tally.failed
    )


@pytest.mark.untraced
async def test_nothing_is_lost_under_fifty_seeds(found: Ground) -> None:
    tally, _ = await played(found, list(EVERY_TIME), enough=3)
    assert tally.failed == [], told(tally)
    assert {*OFTEN, *MOVES} - set(tally.faults) == set(), "a fault never struck"


async def test_what_once_failed_holds(found: Ground) -> None:
    tally, _ = await played(found, [int(seed) for seed in SEEDS["kept"]])
    assert tally.failed == [], told(tally)


async def test_the_same_seed_tells_the_same_story(found: Ground) -> None:
    _, verdicts = await played(found, [7, 8, 9, 9, 8, 7])
    first, again = verdicts[:3], verdicts[:2:-1]
    for one, other in zip(first, again, strict=True):
        assert one.lines == other.lines
        assert one.digest == other.digest
    assert len({one.digest for one in first}) == 3


@pytest.mark.parametrize("name", SABOTAGES)
async def test_a_rule_that_is_switched_off_is_missed(found: Ground, name: str) -> None:
    known = SEEDS["sabotage"][name]
    seeds = [known, *(seed for seed in range(1, CAUGHT_WITHIN) if seed != known)]
    tally, _ = await played(found, seeds, name, enough=1)
    assert tally.failed, f"{tally.played} schedules passed although {SABOTAGES[name].words}"


def test_the_command_line_says_how_to_replay_what_failed() -> None:
    seed = SEEDS["sabotage"]["discard-work"]
    ran = CliRunner().invoke(main, ["simulate", "--seed", str(seed), "--sabotage", "discard-work", "--json", "--trace"])
    assert ran.exit_code == 1, ran.output
    assert f"fieldstone simulate --seed {seed} --trace --sabotage discard-work" in ran.output
    said = json.loads(ran.output.splitlines()[-1])
    assert set(said) == {"seeds", "start", "violations", "faults", "seeds_per_s"}
    assert said["seeds"] == 1
    assert said["start"] == seed
    assert said["violations"] > 0


def test_many_schedules_are_played_by_several_processes_and_counted() -> None:
    ran = CliRunner().invoke(main, ["simulate", "--seeds", "3", "--jobs", "2"])
    assert ran.exit_code == 0, ran.output
    assert re.search(r"^3 schedules, [0-9.]+ a second, 0 violations\.$", ran.stdout, re.MULTILINE)
    assert re.search(r"^ +[1-9][0-9,]*  \w", ran.stdout, re.MULTILINE), "the faults are counted"


def test_many_schedules_end_with_what_failed() -> None:
    seed = SEEDS["sabotage"]["discard-work"]
    words = ["--seeds", "1", "--start", str(seed), "--jobs", "1", "--sabotage", "discard-work", "--json"]
    ran = CliRunner().invoke(main, ["simulate", *words])
    assert ran.exit_code == 1, ran.output
    assert ran.stdout.startswith(f"Seed {seed} fails (fieldstone simulate --seed {seed} --trace --sabotage")
    assert json.loads(ran.stdout.splitlines()[-1])["violations"] > 0
