"""Whatever a photo does to the process that opens it, the next photo is read."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import zlib
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from domain.kit.problem import Kind
from mobile_sync.photos.files import read_photo
from mobile_sync.photos.messages import READ, STARTED, DecodePhoto, Ready, Rows, answer_bytes_max, framed
from mobile_sync.photos.problems import (
    PhotoKindNotAccepted,
    PhotoQueueFull,
    PhotoTookTooLong,
    PhotoTooLarge,
    PhotoUnreadable,
    WorkerBroke,
)
from mobile_sync.photos.process import Died, Process
from mobile_sync.photos.sandbox import PhotoSandbox
from tests.photos.drawn import CODES, Code, jpeg, label, png

MEMORY = 512 * 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
SERIAL = Code("Code128", "SN-2024-00017", "SN-2024-00017", "Code 128")
PHOTO = jpeg(label(SERIAL))
# Nothing to read and much to look at: about three seconds of work.
SLOW = jpeg(Image.effect_noise((3000, 2500), 80))

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[PhotoSandbox]:
    async with PhotoSandbox(workers=1) as found:
        yield found


async def texts(sandbox: PhotoSandbox, upload: bytes = PHOTO) -> list[str]:
    return [read.text for read in await sandbox.decode(upload)]


def blank_png(width: int, height: int) -> bytes:
    """Return a PNG of a few kilobytes that unpacks to four bytes for each of very many pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 6, 0, 0, 0])
    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(1 + 4 * width)) for _ in range(height)) + pack.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def limits_of(pid: int) -> dict[str, list[str]]:
    """What a process may use: the soft and the hard limit."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


def peak_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmPeak")).split()[1]) * 1024


async def test_a_photo_is_read_in_another_process(sandbox: PhotoSandbox) -> None:
    assert await texts(sandbox) == [SERIAL.text]
    assert sandbox.pids != (os.getpid(),)


async def test_one_worker_serves_many_photos(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    before = sandbox.pids
    await texts(sandbox)

    assert sandbox.pids == before


async def test_fifty_at_once_each_get_their_own_answer() -> None:
    uploads = [jpeg(label(Code("Code128", f"SN-{n:05d}", "", ""))) for n in range(50)]
    async with PhotoSandbox(workers=2, waiting_max=50) as sandbox:
        answers = await asyncio.gather(*(texts(sandbox, upload) for upload in uploads))

    assert answers == [[f"SN-{n:05d}"] for n in range(50)]


async def test_a_full_queue_says_so_and_when_to_come_back() -> None:
    async with PhotoSandbox(workers=1, waiting_max=2) as sandbox:
        outcomes = await asyncio.gather(*(texts(sandbox) for _ in range(5)), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, PhotoQueueFull)]
    assert len(refused) == 2
    assert refused[0].kind is Kind.UNAVAILABLE
    assert refused[0].retry_after


async def test_a_worker_is_replaced_after_its_share_of_photos() -> None:
    async with PhotoSandbox(workers=1, photos_per_worker=3) as sandbox:
        served = []
        for _ in range(7):
            task = asyncio.create_task(texts(sandbox))
            await asyncio.sleep(0)
            assert await task == [SERIAL.text]
            served.append(set(sandbox.pids))
            await asyncio.sleep(0.05)

    assert len(set.union(*served)) == 3


async def test_a_worker_is_replaced_after_a_damaged_photo(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    before = set(sandbox.pids)
    with pytest.raises(PhotoUnreadable):
        await sandbox.decode(PHOTO[: len(PHOTO) // 2])

    assert await texts(sandbox) == [SERIAL.text]
    assert not before & set(sandbox.pids)


async def test_a_worker_found_dead_costs_no_photo(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    os.kill(sandbox.pids[0], signal.SIGKILL)

    assert await texts(sandbox) == [SERIAL.text]


async def test_a_photo_that_kills_two_workers_is_unreadable(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    task = asyncio.create_task(sandbox.decode(SLOW))
    killed: set[int] = set()
    while not task.done():
        await asyncio.sleep(0.01)
        for pid in set(sandbox.pids) - killed:
            if limits_of(pid)["Max cpu time"][0] != "unlimited":  # it was asked: each request has its seconds
                killed.add(pid)
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(PhotoUnreadable):
        await task
    assert len(killed) == 2
    assert await texts(sandbox) == [SERIAL.text]


async def test_a_worker_that_hangs_is_killed(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    hanging = sandbox.pids[0]
    os.kill(hanging, signal.SIGSTOP)

    with pytest.raises(PhotoTookTooLong):
        await sandbox.decode(PHOTO, wall_seconds_max=0.5)
    assert await texts(sandbox) == [SERIAL.text]
    assert hanging not in sandbox.pids


async def test_the_kernel_ends_a_worker_that_computes_too_long() -> None:
    worker = await Process.start(MEMORY)
    assert await worker.hear(STARTED, 20) == Ready()

    with pytest.raises(Died) as death:
        await worker.ask(DecodePhoto(SLOW, cpu_seconds_max=0), READ, 20)
    assert death.value.used_up_cpu


async def test_a_photo_without_a_code_is_given_up_in_time(sandbox: PhotoSandbox) -> None:
    began = time.monotonic()

    assert not any(read.accepted for read in await sandbox.decode(SLOW))
    assert time.monotonic() - began < 5


async def test_a_caller_who_goes_away_leaves_no_answer_behind(sandbox: PhotoSandbox) -> None:
    for wait in (0.0, 0.001, 0.02, 0.1):
        task = asyncio.create_task(sandbox.decode(jpeg(label(CODES[0]))))
        await asyncio.sleep(wait)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):  # a fast machine may have answered before the last wait ends
            await task
        assert await texts(sandbox) == [SERIAL.text]


async def test_a_bomb_of_a_few_kilobytes_stays_within_the_memory_limit(sandbox: PhotoSandbox) -> None:
    bomb = blank_png(7000, 7000)
    assert len(bomb) < 250_000
    await texts(sandbox)
    before = sandbox.pids

    assert await sandbox.decode(bomb) == ()
    assert sandbox.pids == before
    assert peak_bytes(before[0]) <= MEMORY


async def test_a_photo_of_more_than_fifty_megapixels_is_refused_unopened(sandbox: PhotoSandbox) -> None:
    with pytest.raises(PhotoTooLarge):
        await sandbox.decode(blank_png(8000, 6251))


async def test_a_photo_that_needs_too_much_memory_is_refused() -> None:
    async with PhotoSandbox(workers=1, memory_bytes_max=200 * 1024 * 1024) as sandbox:
        with pytest.raises(PhotoTooLarge):
            await sandbox.decode(blank_png(7000, 7000))
        assert await texts(sandbox) == [SERIAL.text]


@pytest.mark.parametrize("size", [(60_000, 24), (24, 60_000), (70_000, 24)], ids=str)
async def test_a_long_strip_is_looked_at_without_a_vast_sheet_to_turn_it_on(
    sandbox: PhotoSandbox, size: tuple[int, int]
) -> None:
    assert await sandbox.decode(png(Image.new("L", size, 90))) == ()


async def test_other_kinds_are_refused_before_they_reach_a_worker(sandbox: PhotoSandbox) -> None:
    for upload in (b"", b"GIF89a" + bytes(100), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM" + bytes(100)):
        with pytest.raises(PhotoKindNotAccepted):
            await sandbox.decode(upload)
    with pytest.raises(PhotoTooLarge):
        await sandbox.decode(b"\xff\xd8\xff" + bytes(25 * 1024 * 1024))
    assert sandbox.pids == ()


async def test_a_worker_has_no_files_no_environment_and_little_else(
    sandbox: PhotoSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_API", "hunter2")
    await texts(sandbox)
    process, limits = Path(f"/proc/{sandbox.pids[0]}"), limits_of(sandbox.pids[0])

    assert limits["Max open files"] == ["0", "0"]
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max processes"] == ["0", "0"]
    assert limits["Max address space"] == [str(MEMORY), str(MEMORY)]
    assert b"SECRET" not in (process / "environ").read_bytes()
    opened = {os.readlink(name) for name in (process / "fd").iterdir()}  # noqa: PTH115
    assert all(name.startswith("pipe:") or name == "/dev/null" for name in opened)


def test_a_worker_loads_neither_the_api_nor_the_database() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import mobile_sync.photos.worker; print(*sys.modules)"
    command = [sys.executable, "-I", "-c", code, str(ROOT)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, env={}).stdout.split()

    assert not {"api", "litestar", "sqlalchemy", "asyncpg", "socket"} & set(loaded)


def test_workers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys\n"
        "from mobile_sync.photos.sandbox import PhotoSandbox\n"
        "async def main():\n"
        "    sandbox = PhotoSandbox(workers=1)\n"
        "    await sandbox.decode(open(sys.argv[1], 'rb').read())\n"
        "    print(*sandbox.pids, flush=True)\n"
        "    os._exit(1)\n"
        "asyncio.run(main())\n"
    )
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(PHOTO)
    run = subprocess.run(
        [sys.executable, "-c", code, str(photo)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    worker = Path("/proc") / run.stdout.strip()

    for _ in range(100):
        if not worker.exists() or "zombie" in (worker / "status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent")


def test_without_libzbar_one_engine_reads_on_and_says_so() -> None:
    code = (
        "import ctypes.util; ctypes.util.find_library = lambda name: None\n"
        "from mobile_sync.photos import engines, sandbox\n"
        "print(*engines.load(), *sandbox.missing_voices())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)

    assert run.stdout.split() == ["zxing", "second-engine-missing"]


async def test_reading_files_answers_for_bad_ones_too(sandbox: PhotoSandbox, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(PHOTO)
    bad.write_bytes(PHOTO[:500])

    line, other = await read_photo(sandbox, good), await read_photo(sandbox, bad)

    assert [(code.text, code.accepted) for code in line.reads] == [(SERIAL.text, True)]
    assert (other.reads, other.problem) == ((), "photo-unreadable")


async def test_closing_in_the_middle_of_a_photo_leaves_no_worker() -> None:
    sandbox = PhotoSandbox(workers=1)
    await texts(sandbox)
    task = asyncio.create_task(sandbox.decode(SLOW))
    await asyncio.sleep(0.1)
    await sandbox.close()

    with pytest.raises(WorkerBroke):
        await task
    assert sandbox.pids == ()


async def test_a_copy_is_made_in_the_worker_too(sandbox: PhotoSandbox) -> None:
    copy = await sandbox.reencode(png(label(SERIAL)), longest_edge_px=300)

    assert (copy.width, copy.height) == (300, 200)
    assert copy.jpeg.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "said",
    [
        (answer_bytes_max + 1).to_bytes(4, "big"),
        (3).to_bytes(4, "big") + b"\xc1\xc1\xc1",
        framed(Rows(b"serial,model")),
    ],
    ids=["more than any answer has", "no message", "the answer to another question"],
)
async def test_what_no_worker_says_is_the_death_of_one(said: bytes) -> None:
    code = "import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1])); sys.stdout.flush(); sys.stdin.read()"
    command = (sys.executable, "-I", "-c", code, said.hex())
    worker = Process(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE))
    with pytest.raises(Died):
        await worker.ask(DecodePhoto(PHOTO, 5), READ, 20)
    worker.kill()
    await worker.ended


async def test_a_photo_that_takes_too_much_computing_is_tried_once(sandbox: PhotoSandbox) -> None:
    await texts(sandbox)
    task = asyncio.create_task(sandbox.decode(SLOW))
    (worker,) = sandbox.pids
    os.kill(worker, signal.SIGXCPU)  # as the kernel does

    with pytest.raises(PhotoTookTooLong, match="computing"):
        await task
    assert worker not in sandbox.pids


async def test_a_sandbox_that_cannot_start_a_worker_says_so() -> None:
    async with PhotoSandbox(workers=1, memory_bytes_max=2**80) as sandbox:
        with pytest.raises(WorkerBroke, match="could be started"):
            await texts(sandbox)


async def test_a_caller_who_goes_away_while_a_worker_starts_leaves_none_behind(sandbox: PhotoSandbox) -> None:
    task = asyncio.create_task(texts(sandbox))
    while not sandbox.pids:  # noqa: ASYNC110 - the sandbox tells nobody when it starts one
        await asyncio.sleep(0)
    (started,) = sandbox.pids
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await texts(sandbox) == [SERIAL.text]
    assert started not in sandbox.pids
