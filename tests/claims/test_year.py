"""The synthetic year: frauds of every kind among honest claims, judged by the real gate."""

import ast
import json
from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from api.cli import main
from api.trials.year import diary, frauds, network
from api.trials.year.world import HONEST

YEAR = Path(__file__).resolve().parents[2] / "api" / "trials" / "year"
WHAT_THE_RULES_KNOW = ("domain.claims.rules", "domain.claims.scoring", "domain.claims.facts")
GATE_SIDE = {"gate.py", "judging.py"}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def test_the_generator_knows_nothing_of_the_rules() -> None:
    for path in YEAR.glob("*.py"):
        known = {name for name in imports_of(path) if name.startswith(WHAT_THE_RULES_KNOW)}
        assert not known, (path.name, known)
        if path.name not in GATE_SIDE:
            assert not [name for name in imports_of(path) if name.startswith("domain.claims")], path.name


def test_the_same_seed_tells_the_same_year_and_another_one_tells_another() -> None:
    def told(seed: int) -> list[tuple[str, str, str]]:
        world, _ = network.build(seed, 400)
        stories = frauds.commit(world, diary.tell(world, 400))
        return [(story.label, story.unit.serial, story.submitted_at.isoformat()) for story in stories]

    assert told(5) == told(5)
    assert told(5) != told(6)


def test_about_one_claim_in_twenty_is_a_fraud_and_every_pattern_is_among_them() -> None:
    world, _ = network.build(2, 12_000)
    stories = frauds.commit(world, diary.tell(world, 12_000))
    labels = Counter(story.label for story in stories if story.label != HONEST)
    assert labels.keys() == frauds.PATTERNS.keys()
    assert 0.04 < labels.total() / len(stories) < 0.1
    assert len(stories) == 12_000


def test_a_year_too_small_for_a_habit_is_told_whatever_the_seed() -> None:
    for seed in range(10, 20):
        world, _ = network.build(seed, 200)
        stories = frauds.commit(world, diary.tell(world, 200))
        assert len(stories) == 200
        assert {story.label for story in stories} > {HONEST}
        assert all(
            story.arrived_at <= story.completed_at <= story.submitted_at
            for story in stories
            if not story.label.startswith("D")
        )


def test_a_small_year_is_judged_and_told() -> None:
    done = CliRunner().invoke(main, ["judge-year", "--claims", "600", "--seed", "3", "--jobs", "1", "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    told = json.loads(done.stdout)
    assert "reviewed" in done.stderr
    assert told["claims"] == 600
    assert told["seed"] == 3
    assert told["certain"]["stopped"] == told["certain"]["injected"], told["patterns"]
    assert told["honest"]["refused"] == 0, told["honest"]
    assert done.exit_code == 0
    assert set(told["patterns"]) >= {"D3", "D9-partner", "velocity", "denied"}
