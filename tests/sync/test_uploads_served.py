"""Uploads to a served process that is killed, over a network that cuts, by a client we did not write."""

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from api import embedded
from api.context import Context
from api.worker import drain
from tests.bench.served import free_port
from tests.cast import Caller, Cast
from tests.photos.drawn import CODES, jpeg, label
from tests.sync.sending import TUS, begun, offset_of, patch, sha256_of, stored

pytestmark = pytest.mark.untraced

MIB = 1024 * 1024
WEB = Path(embedded.__file__).resolve().parents[1] / "web"
SCRIPT = Path(__file__).with_name("tus_client.mjs")


class Server:
    """The product as a process that can be killed and comes back at the same address."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        await asyncio.to_thread(self._start)
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                assert self.process is not None
                assert self.process.poll() is None, "it ended by itself"
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        pytest.fail("the server did not answer")

    def _start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "api.asgi:app", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--log-level", "warning", "--no-access-log"],
            env={**os.environ, **self.environment},
            stderr=subprocess.DEVNULL,
        )

    async def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        await asyncio.to_thread(self.process.wait, 30)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(cluster: embedded.Embedded, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    found = Server(
        {
            "FIELDSTONE_DATABASE_URL": cluster.url("fieldstone_app"),
            "FIELDSTONE_PARTNER_DATABASE_URL": cluster.url("fieldstone_partner"),
            "FIELDSTONE_DATA": str(tmp_path_factory.mktemp("data")),
            "FIELDSTONE_POOL_SIZE": "4",
        }
    )
    await found.start()
    yield found
    await found.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def ann(cast: Cast, server: Server) -> AsyncIterator[Caller]:
    """Ann, calling the process."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield Caller(client, cast.ann.token, cast.ann.actor)


async def test_an_offset_that_was_told_outlives_kill_9(ann: Caller, server: Server, owner: AsyncEngine) -> None:
    dice = random.Random(4)
    content = dice.randbytes(24 * MIB)
    address = await begun(ann, content)
    told, kills = 0, 0

    async def slowly(rest: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(rest), 64 * 1024):
            yield rest[start : start + 64 * 1024]
            await asyncio.sleep(0.002)

    while told < len(content):
        sending = asyncio.create_task(patch(ann, address, told, slowly(content[told:])))
        until = told + dice.randrange(1, 3) * MIB if kills < 4 else len(content)
        while told < until and not sending.done():
            told = max(told, await offset_of(ann, address))
            await asyncio.sleep(0.01)
        if kills < 4:
            kills += 1
            await server.stop()
            await asyncio.wait([sending])
            assert isinstance(sending.exception(), httpx.TransportError)
            await server.start()
        else:
            assert (await sending).status_code == 204
        now = await offset_of(ann, address)
        assert now >= told, "what was told is gone"
        told = now
    assert kills == 4
    assert sha256_of(await stored(owner, address, ann)) == sha256_of(content)


class Cutter:
    """A network that breaks connections after some bytes, so often, and then holds."""

    def __init__(self, port: int, cuts: list[int]) -> None:
        self.port = port
        self.cuts = cuts
        self.broke = 0

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._through, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = [self.cuts.pop() if self.cuts else 2**60]
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return

        async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while part := await source.read(16 * 1024):
                    left[0] -= len(part)
                    sink.write(part[: max(0, len(part) + min(0, left[0]))])
                    await sink.drain()
                    if left[0] <= 0:
                        self.broke += 1
                        break

        pipes = [asyncio.create_task(pipe(reader, forth)), asyncio.create_task(pipe(back, writer))]
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        writer.transport.abort()
        forth.close()
        await asyncio.wait(pipes)


def node() -> str:
    """Node.js, where it and the client are installed."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not installed: no standard tus client was tried")
    if not (WEB / "node_modules" / "tus-js-client").exists():
        pytest.skip(f"{WEB / 'node_modules'} has no tus-js-client: no standard tus client was tried")
    return found


async def by_tus_js(caller: Caller, url: str, file: Path, **given: Any) -> tuple[int, list[dict[str, Any]]]:
    """Upload a file with tus-js-client; return how it ended and what it told."""
    asked = {
        "package": str(WEB / "package.json"),
        "endpoint": f"{url}/uploads",
        "file": str(file),
        "token": caller.token,
        "id": str(uuid4()),
        "sha256": sha256_of(await asyncio.to_thread(file.read_bytes)),
        "retries": 400,
        **given,
    }
    process = await asyncio.create_subprocess_exec(
        node(), str(SCRIPT), json.dumps(asked), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert not err, err.decode()
    return process.returncode or 0, [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="session")
def content() -> bytes:
    """A photo of some megabytes: what follows the picture's end is not looked at."""
    return jpeg(label(CODES[0])) + random.Random(5).randbytes(5 * MIB)


@pytest.fixture
def photo(tmp_path: Path, content: bytes) -> Path:
    """The photo as a file."""
    file = tmp_path / "plate.jpg"
    file.write_bytes(content)
    return file


async def test_a_standard_client_uploads_over_a_network_that_cuts(
    ann: Caller, server: Server, photo: Path, content: bytes, context: Context
) -> None:
    dice = random.Random(6)
    cutter = Cutter(server.port, [int(10 ** dice.uniform(2.7, 6.3)) for _ in range(12)])
    async with cutter.listening() as url:
        ended, told = await by_tus_js(ann, url, photo)
    assert (ended, told[-1]["what"]) == (0, "done"), told
    assert cutter.broke >= 8
    offsets = [int(one["offset"]) for one in told if one.get("method") == "HEAD"]
    assert offsets == sorted(offsets)
    assert max(offsets) > 0
    await drain(context)
    state = (await ann.get(httpx.URL(told[-1]["url"]).path)).json()
    assert (state["state"], state["sha256"]) == ("kept", sha256_of(content))
    assert [read["text"] for read in state["reads"]] == [CODES[0].text]


@pytest.mark.parametrize(
    "given", [{"chunk": 300_000}, {"early": True}, {"early": True, "chunk": 1_000_000}, {"override": True}]
)
async def test_a_standard_client_may_cut_its_file_in_chunks_or_send_at_once(
    given: dict[str, Any], ann: Caller, server: Server, photo: Path
) -> None:
    ended, told = await by_tus_js(ann, server.url, photo, **given)
    assert (ended, told[-1]["what"]) == (0, "done"), told
    assert {one["status"] for one in told if "status" in one} <= {201, 204}


async def test_a_standard_client_outlives_kill_9_of_the_server(
    ann: Caller, server: Server, photo: Path, content: bytes, owner: AsyncEngine
) -> None:
    attachment_id = uuid4()
    address = f"/uploads/{attachment_id}"
    uploading = asyncio.create_task(by_tus_js(ann, server.url, photo, id=str(attachment_id), chunk=100_000))
    kept, kills = 0, 0
    while kills < 3 and not uploading.done():
        answer = await ann.http.head(address, headers={**ann.headers, **TUS})
        offset = int(answer.headers.get("upload-offset", 0))
        assert offset >= kept
        if kept + 600_000 < offset < len(content):
            kept, kills = offset, kills + 1
            await server.stop()
            await server.start()
        await asyncio.sleep(0.005)
    assert kills > 0
    ended, told = await uploading
    assert (ended, told[-1]["what"]) == (0, "done"), told
    assert await stored(owner, address, ann) == content


async def test_a_standard_client_that_forgot_everything_goes_on_by_the_same_id(
    ann: Caller, server: Server, photo: Path, content: bytes, owner: AsyncEngine
) -> None:
    attachment_id = uuid4()
    cutter = Cutter(server.port, [3 * MIB])
    async with cutter.listening() as url:
        ended, _ = await by_tus_js(ann, url, photo, id=str(attachment_id), retries=0)
    assert ended == 1
    for _ in range(100):
        if await offset_of(ann, f"/uploads/{attachment_id}") > 2 * MIB:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("what came before the cut was not kept")
    ended, told = await by_tus_js(ann, server.url, photo, id=str(attachment_id))
    assert ended == 0
    answered = [(one["method"], one["status"]) for one in told if one["what"] == "answered"]
    assert answered[0] == ("POST", 200)
    assert answered[-1] == ("PATCH", 204)
    assert await stored(owner, f"/uploads/{attachment_id}", ann) == content


async def test_a_standard_client_is_told_that_its_file_is_not_what_it_declared(
    ann: Caller, server: Server, photo: Path
) -> None:
    ended, told = await by_tus_js(ann, server.url, photo, sha256="0" * 64)
    assert (ended, told[-2]["status"], told[-1]["what"]) == (1, 460, "failed")
