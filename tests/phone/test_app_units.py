"""The app's own unit tests, run by vitest: they are part of the product's tests."""

import os
import subprocess

from api.settings import ROOT
from tests.phone.served import missing, need


def test_the_apps_unit_tests_pass() -> None:
    need(missing(browser=False))
    run = subprocess.run(
        [ROOT / "scripts" / "app", "test"],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "NO_COLOR": "1"},
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
