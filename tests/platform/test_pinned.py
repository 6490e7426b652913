"""What is installed is what was pinned: every lock has hashes, and installing without one, or with another, fails."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from api.materials import RUN_LOCK, TOOL_LOCKS, WEB_LOCK, pinned
from api.settings import ROOT

INSTALLERS = ("Dockerfile", "Makefile", "scripts/environment", "scripts/app", "scripts/floors")


@pytest.mark.parametrize("lock", [RUN_LOCK, *TOOL_LOCKS])
def test_every_package_of_a_lock_has_hashes(lock: str) -> None:
    pins = pinned(ROOT / lock)
    named = re.findall(r"(?m)^[A-Za-z0-9][^\n]*", (ROOT / lock).read_text())
    assert len(pins) == len(named) > 0
    assert [name for (name, _), hashes in pins.items() if not hashes] == []


def test_every_package_of_the_web_lock_has_a_strong_hash() -> None:
    packages = json.loads((ROOT / WEB_LOCK).read_text())["packages"]
    assert [name for name, one in packages.items() if name and not one.get("integrity", "").startswith("sha512-")] == []


@pytest.mark.parametrize("name", INSTALLERS)
def test_nothing_is_installed_without_hashes(name: str) -> None:
    """Ourselves apart, and uv, which only makes locks and is no part of the product."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    installs = [
        line.strip()
        for line in text.splitlines()
        if re.search(r"\bpip\b.* install\b|pip install|npm (ci|install)", line)
    ]
    allowed = ("--require-hashes", "--no-deps --no-build-isolation --editable .", "npm ci --ignore-scripts", " uv")
    commands = [line for line in installs if not line.startswith("#") and "echo" not in line]
    assert [line for line in commands if not any(one in line for one in allowed)] == []


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A little project with the product's own installer, whose one package lies in a folder beside it."""
    project = tmp_path / "project"
    (project / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "environment", project / "scripts")
    (project / "pyproject.toml").write_text('[project]\nname = "little"\nversion = "1"\n')
    (project / "requirements-dev.lock").touch()
    wheel(tmp_path / "wheels", "print('what was pinned')")
    return project


def wheel(folder: Path, content: str) -> str:
    """Write the package straw 1.0 and return its SHA-256."""
    folder.mkdir(exist_ok=True)
    file = folder / "straw-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in {
            "straw.py": content,
            "straw-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: straw\nVersion: 1.0\n",
            "straw-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "straw-1.0.dist-info/RECORD": "straw.py,,\n",
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # always of 1980, so that the same content hashes the same
    return hashlib.sha256(file.read_bytes()).hexdigest()


def install(project: Path, lock: str) -> tuple[str, bool]:
    """Run the installer with a lock; returns what it said, and whether the package is there."""
    for name in ("requirements.lock", "requirements-build.lock"):
        (project / name).write_text(lock)
    wheels = project.parent / "wheels"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHON": sys.executable,
        "HOME": str(project),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }
    done = subprocess.run(
        ["bash", "scripts/environment", "requirements.lock"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not (project / ".venv" / "installed-requirements.lock").exists()  # little cannot be installed in any case
    return done.stderr, any((project / ".venv").glob("lib/*/site-packages/straw.py"))


def test_a_package_that_changed_since_it_was_pinned_is_not_installed(checkout: Path) -> None:
    sha256 = wheel(checkout.parent / "wheels", "print('what was pinned')")
    lock = f"straw==1.0 --hash=sha256:{sha256}\n"
    wheel(checkout.parent / "wheels", "print('something else')")
    said, is_there = install(checkout, lock)
    assert "DO NOT MATCH THE HASHES" in said
    assert not is_there
    said, is_there = install(checkout, "straw==1.0\n")
    assert "Hashes are required" in said
    assert not is_there
    wheel(checkout.parent / "wheels", "print('what was pinned')")
    said, is_there = install(checkout, lock)
    assert is_there, said
