"""The catalogue and the codes on a phone: what an import changes reaches it, and a new phone begins from a snapshot."""

import asyncio
import datetime as dt
import gzip
import hashlib
import runpy
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.running import Importing, open_run, run_import, try_import
from api.migrate import SCRIPTS
from api.worker import drain
from domain.catalog.queries import ComponentLine
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.kit.feeds import FeedSnapshot
from domain.kit.ids import new_id
from domain.kit.problem import Busy
from domain.kit.work import begin, transact, utc_now
from mobile_sync.catalogue_rows import SHARED_KINDS, FaultCodeRow, LabourOperationRow, ModelRow, PartRow
from mobile_sync.protocol import Acked, Cursor, FeedAnswer, FeedsAsked, PullRequest
from mobile_sync.pull import pull
from mobile_sync.snapshots import BUILD, build_snapshots, newest_snapshot, snapshot_instead
from tests import make
from tests.cast import Caller, Cast, actor_of
from tests.conftest import rows

_files = count(1)
Rows = dict[tuple[str, str], Any]
MODELS = "code,name,product_line\nWM-1,Washer,washers\nWM-2,Dryer,washers\n"
COMPONENTS = "model,code,name\nWM-1,PCB,Board\nWM-1,MOTOR,Motor\nWM-2,PCB,Board\n"
GROUPS = "code,name,name_zh\nDRIVE,Drive,驱动\nWATER,Water,水路\n"
CODES = "code,group,name\nF01,DRIVE,Motor dead\nF02,DRIVE,Motor loud\nF03,WATER,Leaks\n"
LABOUR = "code,name,minutes\nL1,Replace motor,45\n"
SMALL = {
    "models": MODELS,
    "components": COMPONENTS,
    "parts": "number,name,price\nP-1,Motor,129.90\nP-2,Belt,9.90\n",
    "fault-groups": GROUPS,
    "fault-codes": CODES,
    "labour-operations": LABOUR,
}


def parts(first: int, last: int, name: str = "Pump") -> str:
    """A file of parts with running numbers."""
    return "number,name\n" + "".join(f"P-{n:06d},{name} {n}\n" for n in range(first, last + 1))


def source_of(context: Context, content: str) -> Any:
    path = Path(context.settings.data) / f"file-{next(_files)}.csv"
    path.write_text(content)
    return look_through(path)


async def give(context: Context, kind: str, content: str) -> None:
    """Import a file to its end."""
    source = source_of(context, content)
    run_id, _ = await transact(
        context.database, SYSTEM, lambda work: open_run(work, KINDS[kind], source, "file.csv", new_id())
    )
    await run_import(Importing(context.database, context.sandbox, SYSTEM), KINDS[kind], source, run_id)


class Phone:
    """A technician's phone as far as the shared feeds go: it pulls until there is no more, and loads snapshots."""

    def __init__(self, context: Context, caller: Caller) -> None:
        self.context = context
        self.caller = caller
        self.base: dict[str, Rows] = {"catalogue": {}, "codes": {}}
        self.cursors = {"catalogue": Cursor(), "codes": Cursor()}
        self.pages: list[FeedAnswer] = []
        self.loaded: list[str] = []

    async def catch_up(self, feed: str = "catalogue", limit: int = 500) -> list[Any]:
        """Pull to the head; returns the rows that came by pulling."""
        self.pages = []
        for _ in range(200):
            page = await self.pull_once(feed, limit)
            if not page.more:
                return [row for one in self.pages for row in one.rows]
        raise AssertionError("the feed never ends")

    async def pull_once(self, feed: str, limit: int = 500) -> FeedAnswer:
        actor = actor_of(self.caller)
        assert actor.device_id is not None
        asked = PullRequest(
            device=actor.device_id,
            app="1.0.0",
            schema=1,
            sent_at=utc_now(),
            acked=Acked(),
            feeds=FeedsAsked(**{feed: self.cursors[feed]}),
            limit=limit,
        )
        page = (await pull(self.context.database, actor, asked, now=utc_now())).feeds[feed]
        self.pages.append(page)
        if page.reset:
            self.base[feed] = {}
        if page.snapshot:
            await self.load(feed)
            return page
        for row in page.rows:
            key = (row.k, str(row.id))
            if row.removed is None:
                self.base[feed][key] = msgspec.json.decode(row.d)
            else:
                self.base[feed].pop(key, None)
        self.cursors[feed] = page.token
        return page

    async def load(self, feed: str) -> None:
        """Load the newest snapshot instead of what is held."""
        manifest = (await self.caller.get(f"/sync/snapshots/{feed}")).json()
        found: Rows = {}
        for one in manifest["chunks"]:
            answer = await self.caller.get(f"/sync/chunks/{one['sha256']}")
            assert hashlib.sha256(answer.content).hexdigest() == one["sha256"]
            chunk = answer.json()
            self.loaded.append(one["sha256"])
            lines = list(zip(*chunk["values"], strict=True))
            assert len(lines) == one["rows"]
            for line in lines:
                row = dict(zip(chunk["columns"], line, strict=True))
                found[chunk["k"], row["id"]] = row
        assert len(found) == manifest["rows"]
        self.base[feed] = found
        self.cursors[feed] = msgspec.convert(manifest["token"], Cursor)


async def truth(context: Context, feed: str = "catalogue") -> Rows:
    """Every row of a shared feed, as its tables have it now."""
    async with reading(context.database, SYSTEM) as db:
        return {
            (kind.name, str(row.id)): msgspec.to_builtins(row)
            for kind in SHARED_KINDS
            if kind.feed == feed
            for row in await kind.after(db, UUID(int=0), 1_000_000)
        }


@pytest.fixture
async def small(context: Context) -> Context:
    """Some of everything, imported."""
    for kind, content in SMALL.items():
        await give(context, kind, content)
    return context


@pytest.fixture
async def large(context: Context) -> Context:
    """A catalogue of 5,200 parts with its snapshot."""
    await give(context, "parts", parts(1, 5_200))
    assert await build_snapshots(context.database, context.blobs) == ["catalogue"]
    return context


async def test_what_is_imported_is_on_every_phone(small: Context, cast: Cast, owner: AsyncEngine) -> None:
    for who in (cast.ann, cast.otto):
        phone = Phone(small, who)
        for feed in ("catalogue", "codes"):
            await phone.catch_up(feed, limit=2)
            assert phone.base[feed] == await truth(small, feed)
    told = {key[0]: len([1 for other in phone.base["codes"] if other[0] == key[0]]) for key in phone.base["codes"]}
    assert told == {"fault_code": 3, "labour_operation": 1}
    models = {row["code"]: row for key, row in phone.base["catalogue"].items() if key[0] == "model"}
    assert [one["code"] for one in models["WM-1"]["components"]] == ["MOTOR", "PCB"]
    assert await rows(owner, "SELECT count(*) FROM part") == [(2,)]


CHANGES = [
    ("parts", "number,name\nP-2,Toothed belt\nP-1,Motor\n", [("part", "P-2")]),
    ("parts", "number,name\nP-3,Foot\nP-1,Motor\n", [("part", "P-3")]),
    ("models", "code,name,product_line\nWM-2,Tumble dryer,washers\n", [("model", "WM-2")]),
    ("components", "model,code,name\nWM-1,MOTOR,Drive motor\nWM-1,PCB,Board\n", [("model", "WM-1")]),
    ("components", "model,code,name\nWM-2,FAN,Fan\n", [("model", "WM-2")]),
    ("fault-groups", "code,name\nDRIVE,Drive train\n", [("fault_code", "F01"), ("fault_code", "F02")]),
    ("fault-codes", "code,group,name\nF03,DRIVE,Leaks\n", [("fault_code", "F03")]),
    ("labour-operations", "code,name,minutes\nL1,Replace motor,50\n", [("labour_operation", "L1")]),
]


@pytest.mark.parametrize(("kind", "content", "expected"), CHANGES)
async def test_a_phone_is_told_what_an_import_changed_and_no_more(
    small: Context, cast: Cast, kind: str, content: str, expected: list[tuple[str, str]]
) -> None:
    phone = Phone(small, cast.ann)
    await phone.catch_up("catalogue")
    await phone.catch_up("codes")
    await give(small, kind, content)
    told = [*await phone.catch_up("catalogue"), *await phone.catch_up("codes")]
    found = [(row.k, msgspec.json.decode(row.d)) for row in told]
    assert sorted((k, d["number"] if k == "part" else d["code"]) for k, d in found) == expected
    assert phone.base["catalogue"] == await truth(small)
    assert phone.base["codes"] == await truth(small, "codes")


def test_every_column_that_a_phone_holds_is_watched_by_the_imports() -> None:
    told = {kind.table: set(kind.told.shown) for kind in KINDS.values() if kind.told}
    held = {
        "part": PartRow,
        "model": ModelRow,
        "model_component": ComponentLine,
        "fault_code": FaultCodeRow,
        "labour_operation": LabourOperationRow,
    }
    columns = {table: set(shape.__struct_fields__) - {"id", "components"} for table, shape in held.items()}
    group = {name for name in columns["fault_code"] if name.startswith("group_")}
    columns["fault_code"] = columns["fault_code"] - group | {"fault_group_id"}
    columns["fault_group"] = {name.removeprefix("group_") for name in group}
    assert told == columns
    assert {kind.name for kind in SHARED_KINDS} == {kind.told.entity for kind in KINDS.values() if kind.told}


async def test_a_new_price_is_nothing_to_a_phone(small: Context, cast: Cast, owner: AsyncEngine) -> None:
    phone = Phone(small, cast.ann)
    await phone.catch_up()
    await give(small, "parts", "number,name,price\nP-1,Motor,139.90\n")
    assert await rows(owner, "SELECT price_minor FROM part WHERE number = 'P-1'") == [(13990,)]
    assert await phone.catch_up() == []


async def test_an_import_that_is_only_tried_tells_nothing(small: Context, cast: Cast) -> None:
    phone = Phone(small, cast.ann)
    await phone.catch_up()
    importing = Importing(small.database, small.sandbox, SYSTEM)
    tried = [merged async for _, merged in try_import(importing, KINDS["parts"], source_of(small, parts(1, 3)))]
    assert [merged.kept for merged in tried] == [3]
    assert await phone.catch_up() == []


async def test_a_row_that_the_database_refuses_is_told_to_nobody(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE part ADD CONSTRAINT probe CHECK (number <> 'P-000013')"))
    try:
        await give(context, "parts", parts(1, 40))
    finally:
        async with owner.begin() as connection:
            await connection.execute(text("ALTER TABLE part DROP CONSTRAINT probe"))
    phone = Phone(context, cast.ann)
    assert len(await phone.catch_up()) == 39
    assert phone.cursors["catalogue"].pos == 39
    assert phone.base["catalogue"] == await truth(context)


async def test_a_new_phone_begins_from_the_snapshot_and_pulls_on(large: Context, cast: Cast) -> None:
    await give(large, "parts", parts(5_100, 5_300, "Quiet pump"))
    await give(large, "models", MODELS)
    phone = Phone(large, cast.ann)
    pulled = await phone.catch_up()
    assert phone.pages[0].snapshot
    assert len(phone.loaded) == 2
    assert len(pulled) == 201 + 2
    assert phone.base["catalogue"] == await truth(large)
    assert await phone.catch_up() == []


async def test_a_phone_that_is_far_behind_is_sent_to_the_snapshot(large: Context, cast: Cast) -> None:
    phone = Phone(large, cast.ann)
    await phone.catch_up()
    await give(large, "parts", parts(1, 3_000, "Quiet pump"))
    await phone.catch_up()
    assert not any(page.snapshot for page in phone.pages), "the only snapshot is older than what the phone has"
    phone = Phone(large, cast.ben)
    await phone.catch_up()
    await give(large, "parts", parts(1, 3_000, "Loud pump"))
    await build_snapshots(large.database, large.blobs)
    await phone.catch_up()
    assert [page.snapshot for page in phone.pages] == [True, False]
    assert phone.base["catalogue"] == await truth(large)


async def test_no_phone_is_sent_to_a_snapshot_without_need(large: Context, cast: Cast) -> None:
    await give(large, "fault-codes", CODES)
    await build_snapshots(large.database, large.blobs)
    async with reading(large.database, SYSTEM) as db:
        assert await snapshot_instead(db, "catalogue", 0, 5_200)
        assert not await snapshot_instead(db, "catalogue", 2_600, 5_200), "half of it is there"
        assert await snapshot_instead(db, "catalogue", 2_599, 5_200)
        assert not await snapshot_instead(db, "catalogue", 5_200, 90_000), "the snapshot leads no further"
        assert await newest_snapshot(db, "codes") is not None
        assert not await snapshot_instead(db, "codes", 0, 3), "a few rows are quicker pulled"
        assert not await snapshot_instead(db, "t:nobody", 0, 5_000)


async def test_a_snapshot_whose_mark_is_gone_is_not_told_of(large: Context, cast: Cast, owner: AsyncEngine) -> None:
    await give(large, "parts", parts(5_201, 5_201))
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM feed_mark WHERE seq = 5200"))
    async with reading(large.database, SYSTEM) as db:
        assert not await snapshot_instead(db, "catalogue", 0, 5_201)
    assert (await cast.ann.get("/sync/snapshots/catalogue")).status_code == 404
    assert await build_snapshots(large.database, large.blobs) == ["catalogue"]
    assert (await cast.ann.get("/sync/snapshots/catalogue")).json()["token"]["pos"] == 5_201


async def test_imports_during_a_build_are_missed_by_nobody(context: Context, cast: Cast) -> None:
    await give(context, "parts", parts(1, 5_100))
    numbers: Iterator[int] = count(6_000)

    async def go_on_importing() -> None:
        while not done.is_set():
            n = next(numbers)
            await give(context, "parts", parts(n, n) + f"P-000001,Pump of round {n}\nP-005100,Pump of round {n}\n")

    for builders in (1, 2, 1):
        done = asyncio.Event()
        importing = asyncio.create_task(go_on_importing())
        found = await asyncio.gather(
            *(build_snapshots(context.database, context.blobs) for _ in range(builders)), return_exceptions=True
        )
        assert [one for one in found if isinstance(one, BaseException) and not isinstance(one, Busy)] == []
        phone = Phone(context, cast.ann)
        await phone.load("catalogue")
        early = dict(phone.base["catalogue"])
        done.set()
        await importing
        await phone.catch_up()
        assert phone.base["catalogue"] == await truth(context)
        assert early.keys() <= phone.base["catalogue"].keys()
        await give(context, "parts", parts(1, 600, f"Pump no. {next(numbers)}"))


async def test_a_later_snapshot_keeps_the_chunks_that_did_not_change(large: Context) -> None:
    async def chunks() -> list[str]:
        async with reading(large.database, SYSTEM) as db:
            manifest = await newest_snapshot(db, "catalogue")
        assert manifest is not None
        return [one.sha256 for one in manifest.chunks]

    first, last = await chunks()
    assert await build_snapshots(large.database, large.blobs) == []
    await give(large, "parts", parts(5_201, 5_800))
    assert await build_snapshots(large.database, large.blobs) == ["catalogue"]
    appended = await chunks()
    assert (appended[0], len(appended)) == (first, 2)
    assert appended[1] != last
    await give(large, "parts", parts(100, 700, "Quiet pump"))
    assert await build_snapshots(large.database, large.blobs) == ["catalogue"]
    changed = await chunks()
    assert changed[0] != first
    assert changed[1] == appended[1]


async def test_a_snapshot_is_renewed_before_the_mark_it_rests_on_may_be_forgotten(large: Context) -> None:
    await give(large, "parts", parts(100, 100, "Quiet pump"))
    for days, built in ((29, []), (31, ["catalogue"])):
        later = utc_now() + dt.timedelta(days=days)
        assert await build_snapshots(large.database, large.blobs, now=later) == built


async def test_old_snapshots_go_and_what_the_newest_need_stays(large: Context, cast: Cast, owner: AsyncEngine) -> None:
    async def hour(n: int) -> set[str]:
        await give(large, "parts", parts(5_000, 5_700, f"Pump of hour {n}"))
        await build_snapshots(large.database, large.blobs, now=utc_now() + dt.timedelta(hours=n))
        async with reading(large.database, SYSTEM) as db:
            stored = (await db.execute(select(FeedSnapshot.chunks))).scalars().all()
        return {one["blob"] for chunks in stored for one in chunks}

    seen = [await hour(n) for n in range(1, 6)]
    assert await rows(owner, "SELECT count(*) FROM feed_snapshot") == [(3,)]
    gone = set().union(*seen) - seen[-1]
    assert gone
    assert [await large.blobs.get(blob) for blob in gone] == [None] * len(gone)
    phone = Phone(large, cast.ann)
    await phone.catch_up()
    assert phone.pages[0].snapshot
    assert phone.base["catalogue"] == await truth(large)


async def test_a_chunk_that_was_lost_is_built_again(large: Context, cast: Cast, owner: AsyncEngine) -> None:
    ((blob,),) = await rows(owner, "SELECT chunks -> 0 ->> 'blob' FROM feed_snapshot")
    await large.blobs.remove(str(blob))
    ((name,),) = await rows(owner, "SELECT chunks -> 0 ->> 'sha256' FROM feed_snapshot")
    assert (await cast.ann.get(f"/sync/chunks/{name}")).status_code == 404
    assert await build_snapshots(large.database, large.blobs) == ["catalogue"]
    assert (await cast.ann.get(f"/sync/chunks/{name}")).status_code == 200


async def test_one_builder_is_at_work_at_a_time(large: Context) -> None:
    async with begin(large.database, SYSTEM) as work:
        await work.db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('snapshots', 0))"))
        with pytest.raises(Busy):
            await build_snapshots(large.database, large.blobs)


async def test_the_worker_builds_what_an_import_made_stale(context: Context, cast: Cast) -> None:
    sent = await cast.ada.upload("/imports", parts(1, 20).encode(), "text/csv", kind="parts")
    assert sent.status_code == 202
    await drain(context)
    manifest = (await cast.ben.get("/sync/snapshots/catalogue")).json()
    assert (manifest["rows"], manifest["token"]["pos"]) == (20, 20)


async def test_the_worker_comes_back_when_another_builds(large: Context, owner: AsyncEngine) -> None:
    await give(large, "parts", parts(1, 600, "Quiet pump"))
    async with begin(large.database, SYSTEM, queue=large.queue) as work:
        await work.enqueue(BUILD, {})
    async with begin(large.database, SYSTEM) as work:
        await work.db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('snapshots', 0))"))
        await drain(large)
    assert await rows(owner, "SELECT entrypoint, status FROM pgqueuer") == [(BUILD, "queued")]


async def test_a_chunk_is_kept_by_its_reader_for_good(large: Context, cast: Cast) -> None:
    manifest = await cast.ann.get("/sync/snapshots/catalogue")
    assert manifest.json()["rows"] == 5_200
    assert (await _again(cast.ann, "/sync/snapshots/catalogue", manifest)).status_code == 304
    one = manifest.json()["chunks"][0]
    path = f"/sync/chunks/{one['sha256']}"
    for who in (cast.ann, cast.pam, cast.otto, cast.dora):
        chunk = await who.get(path)
        assert chunk.status_code == 200
        assert chunk.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert chunk.headers["content-encoding"] == "br"
        assert int(chunk.headers["content-length"]) == one["bytes"]
        again = await _again(who, path, chunk)
        assert (again.status_code, again.content) == (304, b"")


async def _again(who: Caller, path: str, first: httpx.Response) -> httpx.Response:
    return await who.http.get(path, headers={**who.headers, "if-none-match": first.headers["etag"]})


async def test_a_chunk_comes_as_its_reader_can_unpack_it(large: Context, cast: Cast) -> None:
    one = (await cast.ann.get("/sync/snapshots/catalogue")).json()["chunks"][0]
    for coding in ("gzip", "identity", "gzip, br;q=0"):
        request = cast.ann.http.build_request(
            "GET", f"/sync/chunks/{one['sha256']}", headers={**cast.ann.headers, "accept-encoding": coding}
        )
        answer = await cast.ann.http.send(request, stream=True)
        content = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers.get("content-encoding", "identity") == coding.split(",")[0]
        plain = gzip.decompress(content) if "gzip" in coding else content
        assert hashlib.sha256(plain).hexdigest() == one["sha256"]


async def test_what_was_there_before_phones_had_feeds_is_told_them(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    async with begin(context.database, SYSTEM) as work:
        await make.part(work)
        await make.component(work, await make.model(work))
        await make.fault_code(work)
        await make.labour_operation(work)
    fill: str = runpy.run_path(str(SCRIPTS / "versions" / "0010_catalogue_for_phones.py"))["FILL"]
    async with owner.begin() as connection:
        await connection.execute(text(fill), {"tag": 1})
        await connection.execute(text(fill), {"tag": 2})
    phone = Phone(context, cast.ann)
    for feed in ("catalogue", "codes"):
        assert len(await phone.catch_up(feed)) == 2
        assert phone.base[feed] == await truth(context, feed)
        assert await phone.catch_up(feed) == []


async def test_nothing_but_chunks_is_given_out(large: Context, cast: Cast, nobody: Caller) -> None:
    photo = await large.blobs.put(b"a photo of somebody else's machine")
    for name in (photo, "0" * 64):
        assert (await cast.ann.get(f"/sync/chunks/{name}")).status_code == 404
    assert (await cast.ann.get("/sync/chunks/abc")).status_code == 422
    assert (await cast.ann.get("/sync/snapshots/me")).status_code == 422
    assert (await cast.ann.get("/sync/snapshots/codes")).status_code == 404
    for path in ("/sync/snapshots/catalogue", f"/sync/chunks/{photo}"):
        assert (await nobody.get(path)).status_code == 401
