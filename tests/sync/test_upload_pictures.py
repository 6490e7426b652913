"""What becomes of a photo whose bytes have all come: drawn afresh, read, given to the sheet, or refused and told."""

import dataclasses
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from pgqueuer.errors import RetryRequested
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.adapters.blobs import FolderBlobs
from api.context import Context
from api.tasks_uploads import finish_upload, forget_stale
from api.worker import drain
from domain.worklog.transfers import FinishUpload, place_of
from mobile_sync.photos.problems import WorkerBroke
from mobile_sync.photos.rule import Read
from mobile_sync.photos.sandbox import PhotoSandbox
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows
from tests.photos.drawn import CODES, jpeg, label
from tests.sync.sending import age, begin, begun, noise, offset_of, patch, sha256_of, stored

PHOTO = jpeg(label(CODES[0]))


async def test_a_photo_that_has_come_whole_is_drawn_read_and_given_to_the_sheet(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    cited = {"visit_id": str(ready.visit_id), "kind": "label", "sha256": sha256_of(PHOTO)}
    await cast.ann.done("/photos", cited)
    at = await begun(cast.ann, PHOTO)
    assert (await cast.ann.get(at)).json()["state"] == "waiting"
    await patch(cast.ann, at, 0, PHOTO)
    assert (await cast.ann.get(at)).json()["state"] == "processing"
    await drain(context)
    told = (await cast.ann.get(at)).json()
    assert (told["state"], told["problem"], told["received"]) == ("kept", None, len(PHOTO))
    assert [read["text"] for read in told["reads"]] == [CODES[0].text]
    shown = (await cast.ann.get(f"/visits/{ready.visit_id}")).json()["photos"]
    assert [photo["arrived"] for photo in shown] == [True]
    assert await rows(owner, "SELECT count(*) FROM transfer_part") == [(0,)]
    (kept,) = await rows(owner, "SELECT blob_sha256 FROM upload")
    assert (await context.blobs.get(str(kept[0])) or b"").startswith(b"\xff\xd8")
    assert await offset_of(cast.ann, at) == len(PHOTO)
    again, _ = await begin(cast.ann, PHOTO, UUID(at.rsplit("/", 1)[1]))
    assert (again.status_code, again.headers["upload-offset"]) == (200, str(len(PHOTO)))


async def test_our_own_technician_s_photo_finds_its_sheet_too(cast: Cast, context: Context) -> None:
    ready = await make.ready_visit(context, cast, technician=cast.otto)
    at = await begun(cast.otto, PHOTO)
    await patch(cast.otto, at, 0, PHOTO)
    await drain(context)
    await cast.otto.done("/photos", {"visit_id": str(ready.visit_id), "kind": "label", "sha256": sha256_of(PHOTO)})
    shown = (await cast.otto.get(f"/visits/{ready.visit_id}")).json()["photos"]
    assert [photo["arrived"] for photo in shown] == [True]


async def test_what_is_no_picture_is_told_and_kept_as_evidence_for_a_while(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    content = b"\xff\xd8\xff\xe0" + noise(5000)
    at = await begun(cast.ann, content)
    await patch(cast.ann, at, 0, content)
    await drain(context)
    told = (await cast.ann.get(at)).json()
    assert (told["state"], told["problem"]) == ("refused", "photo-unreadable")
    assert told["detail"]
    assert await stored(owner, at, cast.ann) == content
    await age(owner, 29)
    assert await forget_stale(context) == 0
    await age(owner, 31)
    assert await forget_stale(context) == 1
    assert (await cast.ann.get(at)).status_code == 404


async def test_the_picture_is_made_once(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    at = await begun(cast.ann, PHOTO)
    await patch(cast.ann, at, 0, PHOTO)
    async with owner.begin() as connection:
        columns = "priority, created, updated, heartbeat, execute_after, entrypoint, payload, status"
        await connection.execute(text(f"INSERT INTO pgqueuer ({columns}) SELECT {columns} FROM pgqueuer"))
    await drain(context)
    assert (await cast.ann.get(at)).json()["state"] == "kept"
    assert await rows(owner, "SELECT count(*) FROM upload") == [(1,)]


class Hurried(PhotoSandbox):
    """A sandbox that draws at leisure and gives up reading at once."""

    async def decode(self, upload: bytes, *, wall_seconds_max: float = 0) -> tuple[Read, ...]:
        return await super().decode(upload, wall_seconds_max=0.0001)


def task_of(at: str, caller: Caller) -> bytes:
    return msgspec.json.encode(FinishUpload(place_of(actor_of(caller), UUID(at.rsplit("/", 1)[1]))))


async def test_a_photo_that_nobody_could_read_in_time_is_kept_without_codes(cast: Cast, context: Context) -> None:
    at = await begun(cast.ann, PHOTO)
    await patch(cast.ann, at, 0, PHOTO)
    async with Hurried(workers=1) as hurried:
        await finish_upload(dataclasses.replace(context, sandbox=hurried), task_of(at, cast.ann))
    told = (await cast.ann.get(at)).json()
    assert (told["state"], told["reads"]) == ("kept", None)


async def test_a_photo_waits_while_files_or_workers_cannot_be_reached(
    cast: Cast, context: Context, tmp_path: Path
) -> None:
    at = await begun(cast.ann, PHOTO)
    await patch(cast.ann, at, 0, PHOTO)
    (tmp_path / "no-folder").touch()
    lost = dataclasses.replace(context, blobs=FolderBlobs(tmp_path / "no-folder"))
    with pytest.raises(RetryRequested):
        await finish_upload(lost, task_of(at, cast.ann))
    closed = PhotoSandbox(workers=1)
    await closed.close()
    with pytest.raises(WorkerBroke):
        await finish_upload(dataclasses.replace(context, sandbox=closed), task_of(at, cast.ann))
    assert (await cast.ann.get(at)).json()["state"] == "processing"
    await finish_upload(context, task_of(at, cast.ann))
    assert (await cast.ann.get(at)).json()["state"] == "kept"
    await finish_upload(context, task_of(at, cast.ann))
