"""What a phone says of a scan before the server has: the server's own reading must agree on which machine it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.claims.gathering import TYPED
from domain.claims.rules import names_unit
from domain.installs.makers import MakerFormat
from domain.installs.serials import parse
from domain.jobs.recognition import readings

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/provisional_scans.json").read_text())


def names(job: dict[str, Any], case: dict[str, Any]) -> bool:
    """Tell as a visit does whether the text of a case is the machine of a job."""
    unit = job["unit"]
    if unit is None:
        return False
    written = TABLE["serial_patterns"][unit["model_id"]]
    makers = [MakerFormat(unit["model_code"], written)] if written else []
    parsed = parse(case["text"], TYPED if case["source"] == "typed" else case["symbology"] or None, makers)
    return names_unit(readings(parsed), unit["serial_key"], unit["gtin"], unit["model_code"])


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["why"])
def test_the_server_takes_the_text_for_the_same_machine(case: Any) -> None:
    named = {job["id"] for job in TABLE["jobs"] if names(job, case)}
    of_the_job, of_another = case["job"] in named, case["expect"].get("job")
    assert of_the_job == (case["expect"]["verdict"] == "this-machine")
    assert of_another is None or of_another in named
    assert bool(named) == (case["expect"]["verdict"] in ("this-machine", "other-job"))
