"""The pages served over a socket, for a real browser that reads them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from api.context import Context
from api.settings import ROOT
from tests.bench.served import serving


@contextmanager
def pages_of(context: Context) -> Iterator[str]:
    """Serve what a test has stored, on loopback, and yield the address."""
    settings = context.settings
    environment = {
        "DATABASE_URL": settings.database_url,
        "FIELDSTONE_DATA": settings.data,
        "FIELDSTONE_SESSION_KEY": context.session_key.decode(),
        "FIELDSTONE_POOL_SIZE": "4",
        "FIELDSTONE_DEMO_MAILBOX": settings.database_url if settings.demo_mailbox else "",
    }
    with serving("api.asgi:app", **environment) as base:
        yield base


def read_in_browser(base: str, script: str, *arguments: str, **given: Any) -> str:
    """Run a script of web/pages/tests/browser and return what it said; fails as the script does."""
    told = {"BASE": base, "GIVEN": msgspec.json.encode(given).decode()}
    done = subprocess.run(
        [ROOT / "scripts" / "app", "node", f"pages/tests/browser/{script}.mjs", *arguments],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, f"{script} in the browser:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def lacks_browser() -> str:
    """Return what is missing for these tests on this machine, or nothing."""
    if subprocess.run([ROOT / "scripts" / "app", "node", "--version"], capture_output=True).returncode:
        return "there is neither Node.js nor a registry to get it from"
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return "there is no Chromium here (Debian's package: chromium)"
    return ""


def kept(folder: Path, name: str, content: bytes) -> str:
    """Write a file that a browser can choose, and return where it lies."""
    path = folder / name
    path.write_bytes(content)
    return str(path)
