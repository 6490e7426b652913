"""The app's own unit tests, run by vitest: they are part of the product's tests."""

import os
import subprocess

from api.settings import ROOT
from tests.phone.served import need


def test_the_apps_unit_tests_pass() -> None:
    built = subprocess.run([ROOT / "scripts" / "app", "build"], capture_output=True, text=True)
    need("" if built.returncode == 0 else f"the technician's app cannot be built here:\n{built.stderr}")
    run = subprocess.run(
        [ROOT / "scripts" / "app", "test"],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "NO_COLOR": "1"},
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
