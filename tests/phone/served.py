"""The product with believable jobs of today, served on loopback for a real browser."""

import asyncio
import io
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageOps

from api import embedded
from api.context import build
from api.migrate import upgrade
from api.settings import ROOT, Settings
from api.trials.aftermath import follow
from api.trials.demo import PASSWORD, SEED
from api.trials.masterdata import fill
from api.trials.week import DAYS_BACK, LABEL_HOST, Week
from api.trials.world import Installed
from api.worker import drain
from domain.installs.links import digital_link
from domain.kit.actor import SYSTEM
from domain.kit.work import Work, transact, utc_now
from printing.labels import label_png
from tests.bench.served import serving

PHONE = ROOT / "web" / "phone"
UNITS = 2_000
NOTHING_TO_BUILD_WITH = 3
"""The exit status with which scripts/app says so."""
HERE = ZoneInfo("Europe/Berlin")
"""Where the phones of the tests are: its today is the one with jobs, whenever the tests run."""
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


@dataclass(frozen=True, slots=True)
class Served:
    """A running product: its address, and the folder whose content it hands out as the app."""

    base: str
    dist: Path
    builds: Path
    """Two builds of the app without its screens, ``one`` and ``two``, for scenarios about storage."""
    labels: Path
    """What a camera sees that is held over a type plate: a film a serial, of the machines that have jobs today."""


@contextmanager
def served(*, days_back: int = 0, bare: bool = False) -> Iterator[Served]:
    """Lend a product in which every technician has jobs today.

    It also has a past of ``days_back`` days, with its reports; ``bare`` hands out the app without its screens.
    """
    with tempfile.TemporaryDirectory(prefix="fieldstone-app-", dir="/var/tmp") as folder:
        data = Path(folder)
        dist, builds, labels = data / "dist", data / "builds", data / "films"
        if bare:
            for mark in ("one", "two"):
                build = ["node", "phone/scripts/build.mjs", str(builds / mark), mark, "/tests/browser/bench.ts"]
                subprocess.run([ROOT / "scripts" / "app", *build], check=True, capture_output=True)
        shutil.copytree(builds / "one" if bare else PHONE / "dist", dist)
        server = embedded.start(data / "postgres", settings=FAST)
        try:
            settings = Settings(
                data=str(data),
                database_url=server.url("fieldstone_app"),
                partner_database_url=server.url("fieldstone_partner"),
            )
            machines = asyncio.run(_fill(server.url("fieldstone_owner"), settings, days_back))
            labels.mkdir()
            for unit in machines:
                link = digital_link(LABEL_HOST, unit.gtin, unit.serial)
                (labels / f"{unit.serial}.y4m").write_bytes(film_of(label_png(unit.model, unit.serial, link)))
            environment = {
                "FIELDSTONE_DATA": str(data),
                "DATABASE_URL": settings.database_url,
                "FIELDSTONE_PARTNER_DATABASE_URL": settings.partner_database_url,
                "APP_DIST": str(dist),
            }
            # Ends when this process does, as under `fieldstone demo`.
            worker = subprocess.Popen(
                [sys.executable, "-m", "api.running"],
                env={**os.environ, **environment},
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            try:
                with serving("tests.phone.app:app", **environment) as base:
                    yield Served(base, dist, builds, labels)
            finally:
                worker.terminate()
                worker.communicate(timeout=30)
        finally:
            server.stop()
            embedded.remove(data / "postgres")


async def _fill(owner_url: str, settings: Settings, days_back: int) -> list[Installed]:
    await upgrade(owner_url)
    context = build(settings)
    try:
        rng = random.Random(SEED)
        password_hash = context.hasher.hash(PASSWORD)

        async def body(work: Work) -> Week:
            world = await fill(work, rng, units=UNITS, password_hash=password_hash)
            return Week(context, world, rng, utc_now().astimezone(HERE).date(), days_back=days_back or DAYS_BACK)

        week = await transact(context.database, SYSTEM, body)
        if days_back:
            await week.live(lambda done, total: None)
            await drain(context)
            await follow(week)
        else:
            await week.look_ahead()
        return week.labels
    finally:
        await context.close()


def film_of(png: bytes) -> bytes:
    """Return a picture as a film of one frame, 640 x 480, as Chromium's stand-in for a camera takes it (YUV4MPEG2)."""
    width, height = 640, 480
    frame = Image.new("L", (width, height), 210)
    label = ImageOps.contain(Image.open(io.BytesIO(png)).convert("L"), (width * 3 // 4, height * 3 // 4))
    frame.paste(label, ((width - label.width) // 2, (height - label.height) // 2))
    colourless = bytes([128]) * (width * height // 2)
    return b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420\nFRAME\n" % (width, height) + frame.tobytes() + colourless


def run_in_browser(product: Served, script: str, *arguments: str, app: str = "phone", patience_s: float = 240) -> str:
    """Run a script of web/APP/tests/browser against the product and return what it said; fails as the script does."""
    folders = {"DIST": product.dist, "BUILDS": product.builds, "LABELS": product.labels}
    given = {"BASE": product.base, "PASSWORD": PASSWORD, **{name: str(path) for name, path in folders.items()}}
    done = subprocess.run(
        [ROOT / "scripts" / "app", "node", f"{app}/tests/browser/{script}.mjs", *arguments],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=patience_s,
    )
    assert done.returncode == 0, f"{script} in the browser:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def missing(*, browser: bool = True) -> str:
    """Return what these tests lack on this machine, or nothing; an app that does not build fails them."""
    build = subprocess.run([ROOT / "scripts" / "app", "build"], capture_output=True, text=True)
    if build.returncode == NOTHING_TO_BUILD_WITH:
        return "there is neither Node.js nor a registry to get it from: the technician's app cannot be built"
    assert build.returncode == 0, build.stdout + build.stderr
    if browser and not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return "there is no Chromium here (Debian's package: chromium)"
    return ""


def need(lack: str) -> None:
    """Skip with the reason printed when something is missing; under CI that is a failure."""
    if lack and os.environ.get("CI") == "true":
        pytest.fail(lack)
    if lack:
        pytest.skip(lack)
