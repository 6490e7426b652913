"""``fieldstone serve`` as a process: it answers, and whoever ends it ends everything it began."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import embedded
from api.running import end, pause_after

PROJECT = Path(embedded.__file__).resolve().parents[1]


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fs", dir="/tmp") as folder:
        yield Path(folder)
        embedded.remove(Path(folder) / "postgres")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(data: Path) -> "subprocess.Popen[bytes]":
    """Start ``fieldstone serve`` in a process group of its own and return once it answers."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    server = subprocess.Popen(
        [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", str(port)],
        cwd=PROJECT,
        env=environment | {"FIELDSTONE_DATA": str(data)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                assert answer.status == 200
                return server
        except OSError:
            assert server.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it never answered"
            time.sleep(0.1)


def wait_until(gone: "Gone") -> None:
    deadline = time.monotonic() + 60
    while not gone():
        assert time.monotonic() < deadline, gone
        time.sleep(0.1)


class Gone:
    """Whether a process has ended."""

    def __init__(self, process: int) -> None:
        self.process = process

    def __call__(self) -> bool:
        try:
            os.kill(self.process, 0)
        except ProcessLookupError:
            return True
        return False

    def __repr__(self) -> str:
        return f"process {self.process} still runs"


def children(process: int) -> list[int]:
    of_threads = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for thread in of_threads for child in thread.read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to list a process's children")
@pytest.mark.parametrize("how", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM] * 4])
def test_all_it_began_ends_with_it(data: Path, how: list[signal.Signals]) -> None:
    server = serving(data)
    began = children(server.pid)
    assert len(began) >= 2  # PostgreSQL and the worker
    for one in how:
        server.send_signal(one)
        if len(how) > 1:  # somebody has no patience: the next one meets it while it ends the others
            time.sleep(0.4)
    server.wait(60)
    for child in began:
        wait_until(Gone(child))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to list a process's children")
def test_a_killed_one_leaves_no_worker_and_the_next_takes_its_database_over(data: Path) -> None:
    server = serving(data)
    postmaster = int((data / "postgres/server/cluster/postmaster.pid").read_text().split()[0])
    worker = next(child for child in children(server.pid) if child != postmaster)
    server.kill()
    server.wait()
    wait_until(Gone(worker))
    again = serving(data)
    again.terminate()
    again.wait(60)
    wait_until(Gone(postmaster))


def test_a_worker_that_dies_at_once_is_started_ever_more_seldom_and_one_that_lived_soon() -> None:
    pauses = [2.0]
    for _ in range(6):
        pauses.append(pause_after(pauses[-1], lived_s=1))
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert pause_after(60, lived_s=61) == 2


@pytest.mark.parametrize(("deaf", "ended_by"), [(False, signal.SIGTERM), (True, signal.SIGKILL)])
def test_a_worker_that_does_not_end_is_killed(deaf: bool, ended_by: signal.Signals) -> None:
    deafened = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " if deaf else ""
    program = f"{deafened}import time; print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        end(process, patience_s=1)
    assert process.returncode == -ended_by


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux to list a process's children")
def test_a_worker_that_was_killed_is_followed_by_another_that_ends_with_it(data: Path) -> None:
    server = serving(data)
    postmaster = int((data / "postgres/server/cluster/postmaster.pid").read_text().split()[0])
    (killed,) = set(children(server.pid)) - {postmaster}
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not (others := set(children(server.pid)) - {postmaster, killed}):
        assert time.monotonic() < deadline, "no other one"
        time.sleep(0.1)
    server.terminate()
    server.wait(60)
    for other in others:
        wait_until(Gone(other))
