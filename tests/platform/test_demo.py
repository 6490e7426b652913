"""``fieldstone demo`` as a newcomer meets it: filled, served, introduced; the main job runs against it by curl."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import embedded
from tests.bench.served import free_port

pytestmark = pytest.mark.untraced

PROJECT = Path(embedded.__file__).resolve().parents[1]


def started(data: Path, port: int, said: Path) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    command = [sys.executable, "-c", "from api.cli import main; main()", "demo", "--port", str(port), "--units", "3000"]
    with said.open("wb") as out:
        server = subprocess.Popen(
            command, cwd=PROJECT, env=environment | {"FIELDSTONE_DATA": str(data)}, stdout=out, stderr=subprocess.STDOUT
        )
    deadline = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return server
        except OSError:
            assert server.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.2)


def ended(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(60)


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fsdemo", dir="/tmp") as folder:
        yield Path(folder)
        embedded.remove(Path(folder) / "postgres")


def test_a_newcomer_does_the_main_job_on_the_demo_and_finds_it_there_again(data: Path, tmp_path: Path) -> None:
    port, said = free_port(), tmp_path / "said"
    server = started(data, port, said)
    try:
        told = said.read_text()
        assert f"http://127.0.0.1:{port}" in told
        assert "fieldstone demo" in told
        assert list((data / "labels").glob("*.png"))
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed: the main job was not tried")
        job = subprocess.run(
            [PROJECT / "scripts" / "main-job", f"http://127.0.0.1:{port}", data],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert job.returncode == 0, job.stdout + job.stderr
        assert '"status":"known","covered":"yes"' in job.stdout
        assert '"status":"under-check"' in job.stdout
        assert '"state":"accepted"' in job.stdout
        assert '"standing":"genuine"' in job.stdout
        assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    finally:
        ended(server)
    begun = time.monotonic()
    server = started(data, port, said)
    assert time.monotonic() - begun < 60
    ended(server)
    assert "Everybody's password" in said.read_text()
