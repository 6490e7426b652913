"""Uploads by tus: cut anywhere and gone on with, never mixed up, never anybody else's."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import uvicorn
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.tasks_uploads import forget_stale
from domain.kit.database import reading
from domain.worklog.transfers import waiting_bytes_max, waiting_max
from mobile_sync.uploads import checked_bytes_max, piece_bytes_max
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows
from tests.photos.drawn import CODES, jpeg, label
from tests.sync.sending import (
    TUS,
    age,
    begin,
    begun,
    checksum,
    hang_up_after,
    noise,
    offset_of,
    patch,
    sha256_of,
    stored,
)

MIB = 1024 * 1024
PHOTO = jpeg(label(CODES[0]))


@pytest_asyncio.fixture(loop_scope="session")
async def address(context: Context, cast: Cast, application: Litestar) -> AsyncIterator[str]:
    """The application behind a real socket: a cut is a cut."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_level="warning", access_log=False))
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.mark.parametrize("seed", range(6))
async def test_an_upload_that_is_cut_anywhere_goes_on_where_it_was(
    seed: int, cast: Cast, address: str, owner: AsyncEngine
) -> None:
    dice = random.Random(seed)
    content = noise(dice.randrange(1, 3 * MIB), seed)
    at = await begun(cast.ann, content)
    told, tries = 0, 0
    while told < len(content):
        tries += 1
        before, rest = told, content[told:]
        if tries < 25:
            cut = min(len(rest), int(10 ** dice.uniform(0, 6.4)))
            await hang_up_after(cast.ann, address + at, told, rest, cut)
            await asyncio.sleep(dice.choice((0, 0, 0.02)))
        else:
            assert (await patch(cast.ann, at, told, rest)).status_code in (204, 409)
        told = await offset_of(cast.ann, at)
        assert told >= before, "an offset that was told is durable"
    assert sha256_of(await stored(owner, at, cast.ann)) == sha256_of(content)


async def test_what_came_before_a_cut_is_kept_to_the_byte(cast: Cast, address: str) -> None:
    content = noise(2 * MIB)
    at = await begun(cast.ann, content)
    await hang_up_after(cast.ann, address + at, 0, content, 100_000)
    for _ in range(100):
        if await offset_of(cast.ann, at) == 100_000:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the bytes before the cut were not kept")


async def test_a_patch_sent_twice_is_kept_once(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(300_000)
    at = await begun(cast.ann, content)
    first = await patch(cast.ann, at, 0, content[:200_000])
    again = await patch(cast.ann, at, 0, content[:200_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "200000")
    assert "upload-expires" in first.headers
    assert (again.status_code, again.headers["upload-offset"], again.json()["code"]) == (409, "200000", "wrong-offset")
    assert again.headers["tus-resumable"] == "1.0.0"
    last = await patch(cast.ann, at, 200_000, content[200_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, "300000")
    assert "upload-expires" not in last.headers
    assert await stored(owner, at, cast.ann) == content


async def test_two_patches_at_once_leave_one_upload(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(4 * MIB + 17)
    at = await begun(cast.ann, content)

    async def client() -> None:
        offset = 0
        while offset < len(content):
            answer = await patch(cast.ann, at, offset, content[offset:])
            assert answer.status_code in (204, 409), answer.text
            offset = await offset_of(cast.ann, at)

    await asyncio.gather(client(), client(), client())
    assert await stored(owner, at, cast.ann) == content
    assert await rows(owner, "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'upload.finish'") == [(1,)]


async def test_bytes_beyond_the_declared_length_are_refused(cast: Cast) -> None:
    at = await begun(cast.ann, b"1234")
    answer = await patch(cast.ann, at, 0, b"12345")
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert await offset_of(cast.ann, at) == 0


async def test_a_whole_that_is_not_the_declared_one_begins_again(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(150_000)
    at = await begun(cast.ann, content)
    assert (await patch(cast.ann, at, 0, content[:100_000])).status_code == 204
    answer = await patch(cast.ann, at, 100_000, bytes(50_000))
    assert (answer.status_code, answer.headers["upload-offset"]) == (460, "0")
    assert answer.json()["code"] == "checksum-mismatch"
    assert await offset_of(cast.ann, at) == 0
    assert await stored(owner, at, cast.ann) == b""
    assert (await patch(cast.ann, at, 0, content)).status_code == 204
    assert (await cast.ann.get(at)).json()["state"] == "processing"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_a_piece_that_is_not_what_its_checksum_says_is_not_kept(algorithm: str, cast: Cast) -> None:
    content = noise(100_000)
    at = await begun(cast.ann, content)
    right = {"upload-checksum": checksum(algorithm, content[:60_000])}
    wrong = await patch(cast.ann, at, 0, content[:59_999], **right)
    assert (wrong.status_code, await offset_of(cast.ann, at)) == (460, 0)
    assert (await patch(cast.ann, at, 0, content[:60_000], **right)).headers["upload-offset"] == "60000"


@pytest.mark.parametrize("checked", [True, False])
async def test_a_patch_without_bytes_keeps_nothing_and_says_how_far_it_is(checked: bool, cast: Cast) -> None:
    at = await begun(cast.ann, b"1234")
    await patch(cast.ann, at, 0, b"12")
    answer = await patch(cast.ann, at, 2, b"", **({"upload-checksum": checksum("sha256", b"")} if checked else {}))
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "2")


async def test_a_checksum_that_is_none_is_refused(cast: Cast) -> None:
    at = await begun(cast.ann, noise(5 * MIB))
    for given in ("md5 abcd", "sha256", "sha256 !!!", "nonsense"):
        assert (await patch(cast.ann, at, 0, b"1234", **{"upload-checksum": given})).status_code in (400, 460), given
    much = noise(checked_bytes_max + 1)
    answer = await patch(cast.ann, at, 0, much, **{"upload-checksum": checksum("sha256", much)})
    assert answer.status_code == 413
    assert await offset_of(cast.ann, at) == 0


async def test_an_upload_begun_again_says_how_far_it_is(cast: Cast) -> None:
    content, attachment_id = noise(1000), uuid4()
    first, at = await begin(cast.ann, content, attachment_id)
    assert (first.status_code, first.headers["upload-offset"], at) == (201, "0", f"/uploads/{attachment_id}")
    await patch(cast.ann, at, 0, content[:400])
    again, _ = await begin(cast.ann, content, attachment_id)
    assert (again.status_code, again.headers["upload-offset"], again.headers["location"]) == (200, "400", at)
    other, _ = await begin(cast.ann, content[:999], attachment_id)
    assert (other.status_code, other.json()["code"]) == (409, "attachment-id-reused")
    swapped, _ = await begin(cast.ann, noise(1000, 2), attachment_id)
    assert swapped.status_code == 409


async def test_an_upload_that_is_declared_by_its_length_alone_gets_an_id(cast: Cast) -> None:
    answer = await cast.ann.http.post("/uploads", headers={**cast.ann.headers, **TUS, "upload-length": "4"})
    assert answer.status_code == 201
    assert (await patch(cast.ann, answer.headers["location"], 0, b"1234")).status_code == 204
    told = (await cast.ann.get(answer.headers["location"])).json()
    assert (told["state"], told["sha256"]) == ("processing", sha256_of(b"1234"))


async def test_the_first_bytes_may_come_with_the_declaration(cast: Cast) -> None:
    content = noise(1000)
    told = {"upload-length": "1000", "content-type": "application/offset+octet-stream"}
    headers = {**cast.ann.headers, **TUS, **told}
    answer = await cast.ann.http.post("/uploads", headers=headers, content=content[:300])
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "300")
    rest = await patch(cast.ann, answer.headers["location"], 300, content[300:])
    assert rest.headers["upload-offset"] == "1000"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"upload-length": "0"}, 422),
        ({"upload-length": "-1"}, 422),
        ({"upload-length": "ten"}, 422),
        ({"upload-length": str(26 * MIB)}, 413),
        ({"upload-length": "9" * 30}, 422),
        ({"upload-defer-length": "1"}, 422),
        ({"upload-length": "4", "upload-metadata": "id bm8="}, 422),
        ({"upload-length": "4", "upload-metadata": "sha256 bm8="}, 422),
        ({"upload-length": "4", "upload-metadata": "id !"}, 422),
        ({"upload-length": "4", "upload-metadata": "id bm8=,id bm8="}, 422),
        ({"upload-length": "4", "upload-metadata": "x" * 3000}, 422),
        ({"upload-length": "4", "content-type": "image/jpeg"}, 415),
        ({"upload-length": "4", "tus-resumable": "0.2.2"}, 412),
    ],
)
async def test_a_declaration_that_is_none_begins_nothing(headers: dict[str, str], status: int, cast: Cast) -> None:
    answer = await cast.ann.http.post("/uploads", headers={**cast.ann.headers, **TUS, **headers})
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"


async def test_an_upload_that_is_known_takes_no_bytes_of_another_kind(cast: Cast) -> None:
    upload_id = uuid4()
    answer, at = await begin(cast.ann, b"1234", upload_id)
    await patch(cast.ann, at, 0, b"12")
    told = {"upload-length": "4", "upload-metadata": answer.request.headers["upload-metadata"]}
    headers = {**cast.ann.headers, **TUS, **told, "content-type": "text/plain"}
    assert (await cast.ann.http.post("/uploads", headers=headers, content=b"34")).status_code == 415
    assert await offset_of(cast.ann, at) == 2


async def test_another_version_of_tus_is_told_which_one_is_spoken(cast: Cast, nobody: Caller) -> None:
    at = await begun(cast.ann, b"1234")
    for method in ("HEAD", "PATCH", "DELETE"):
        answer = await cast.ann.http.request(method, at, headers={**cast.ann.headers, "tus-resumable": "2.0.0"})
        assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    options = await nobody.http.options("/uploads")
    assert options.status_code == 204
    assert options.headers["tus-max-size"] == str(25 * MIB)
    assert set(options.headers["tus-extension"].split(",")) == {
        "creation",
        "creation-with-upload",
        "checksum",
        "expiration",
        "termination",
    }


async def test_an_upload_is_its_sender_s_alone(cast: Cast, nobody: Caller) -> None:
    content, attachment_id = noise(1000), uuid4()
    _, at = await begin(cast.ann, content, attachment_id)
    await patch(cast.ann, at, 0, content[:400])
    for other in (cast.ben, cast.pam, cast.otto, cast.dora, cast.ada):
        assert (await other.http.head(at, headers={**other.headers, **TUS})).status_code == 404
        assert (await other.get(at)).status_code == 404
        assert (await patch(other, at, 400, content[400:])).status_code == 404
        assert (await other.http.delete(at, headers={**other.headers, **TUS})).status_code == 404
    assert (await nobody.http.head(at, headers=TUS)).status_code == 401
    theirs, _ = await begin(cast.ben, content, attachment_id)
    assert (theirs.status_code, theirs.headers["upload-offset"]) == (201, "0"), "an id tells nothing of others"
    assert await offset_of(cast.ann, at) == 400


async def test_row_level_security_alone_hides_the_bytes_of_another_partner(cast: Cast, context: Context) -> None:
    at = await begun(cast.ann, b"12345678")
    await patch(cast.ann, at, 0, b"1234")
    seen = {}
    for caller in (cast.ann, cast.ben):
        async with reading(context.database, actor_of(caller)) as db:
            for table in ("transfer", "transfer_part"):
                seen[caller.token[16:19], table] = await db.scalar(text(f"SELECT count(*) FROM {table}"))
    assert list(seen.values()) == [1, 1, 0, 0], seen


async def test_a_session_that_ends_stops_the_upload_between_two_pieces(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(3 * MIB)
    at = await begun(cast.ann, content)

    async def bit_by_bit() -> AsyncIterator[bytes]:
        yield content[: piece_bytes_max + 5]
        await asyncio.sleep(0.1)
        async with owner.begin() as connection:
            ended = text("UPDATE session SET revoked_at = now() WHERE id = :id")
            await connection.execute(ended, {"id": actor_of(cast.ann).session_id})
        yield content[piece_bytes_max + 5 :]

    assert (await patch(cast.ann, at, 0, bit_by_bit())).status_code == 401
    assert await stored(owner, at, cast.ann) == content[:piece_bytes_max]


async def test_a_slow_sender_s_bytes_do_not_wait_for_a_full_piece(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(3000)
    at = await begun(cast.ann, content)
    kept = []

    async def bit_by_bit() -> AsyncIterator[bytes]:
        yield content[:1000]
        await asyncio.sleep(0.1)
        yield content[1000:2000]
        kept.append(len(await stored(owner, at, cast.ann)))
        await asyncio.sleep(1.2)
        kept.append(len(await stored(owner, at, cast.ann)))
        yield content[2000:]

    assert (await patch(cast.ann, at, 0, bit_by_bit())).status_code == 204
    assert kept == [0, 2000]
    assert await stored(owner, at, cast.ann) == content


async def test_a_post_may_stand_for_a_patch(cast: Cast) -> None:
    at = await begun(cast.ann, b"1234")
    headers = {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
    for override, status in (("DELETE", 422), ("PATCH", 204)):
        given = {**cast.ann.headers, **TUS, **headers, "x-http-method-override": override}
        assert (await cast.ann.http.post(at, content=b"1234", headers=given)).status_code == status
    assert await offset_of(cast.ann, at) == 4


async def test_an_unfinished_upload_is_forgotten_after_a_week(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    content = noise(1000)
    at = await begun(cast.ann, content)
    await patch(cast.ann, at, 0, content[:400])
    await age(owner, 6)
    assert await forget_stale(context) == 0
    assert await offset_of(cast.ann, at) == 400
    await age(owner, 8)
    assert await forget_stale(context) == 1
    assert await rows(owner, "SELECT count(*) FROM transfer_part") == [(0,)]
    assert (await patch(cast.ann, at, 400, content[400:])).status_code == 404
    again, _ = await begin(cast.ann, content, UUID(at.rsplit("/", 1)[1]))
    assert (again.status_code, again.headers["upload-offset"]) == (201, "0")


async def test_an_unfinished_upload_can_be_ended_and_a_finished_one_cannot(cast: Cast, owner: AsyncEngine) -> None:
    content = noise(1000)
    at = await begun(cast.ann, content)
    await patch(cast.ann, at, 0, content[:400])
    assert (await cast.ann.http.delete(at, headers={**cast.ann.headers, **TUS})).status_code == 204
    assert (await cast.ann.get(at)).status_code == 404
    assert await rows(owner, "SELECT count(*) FROM transfer_part") == [(0,)]
    at = await begun(cast.ann, content)
    await patch(cast.ann, at, 0, content)
    ended = await cast.ann.http.delete(at, headers={**cast.ann.headers, **TUS})
    assert (ended.status_code, ended.json()["code"]) == (409, "upload-finished")


async def test_one_account_has_only_so_much_under_way(cast: Cast) -> None:
    large = 25 * MIB
    for _ in range(waiting_bytes_max // large):
        headers = {**cast.ann.headers, **TUS, "upload-length": str(large)}
        assert (await cast.ann.http.post("/uploads", headers=headers)).status_code == 201
    answer, _ = await begin(cast.ann, b"1234")
    assert (answer.status_code, answer.json()["code"]) == (429, "too-much-under-way")
    assert int(answer.headers["retry-after"]) > 0
    answers = [await begin(cast.ben, b"1234") for _ in range(waiting_max - 5)]
    assert {answer.status_code for answer, _ in answers} == {201}
    raced = await asyncio.gather(*(begin(cast.ben, b"1234") for _ in range(10)))
    assert sorted(answer.status_code for answer, _ in raced) == [201] * 5 + [429] * 5
