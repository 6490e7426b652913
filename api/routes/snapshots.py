"""Snapshots of the shared feeds: the catalogue and the codes as compressed chunks, for a phone without."""

import asyncio
from typing import Literal

import brotli
import msgspec

from api.compression import COMPRESSIONS, accepts
from api.operation import Call, Reply, operation
from domain.kit.limits import Sha256
from domain.kit.problem import NotFound
from domain.people.access import EVERYBODY
from mobile_sync.snapshots import Chunk, Manifest, blob_of_chunk, newest_snapshot

TAG = "sync"
FOR_GOOD = "private, max-age=31536000, immutable"


class WhichFeed(msgspec.Struct, frozen=True):
    """A feed that everybody shares."""

    feed: Literal["catalogue", "codes"]


class WhichChunk(msgspec.Struct, frozen=True):
    """The name of a chunk."""

    sha256: Sha256


@operation(
    "GET",
    "/sync/snapshots/{feed:str}",
    tag=TAG,
    by=EVERYBODY,
    params=WhichFeed,
    answer=Manifest,
    problems=(NotFound,),
    etag=True,
)
async def show_snapshot(call: Call) -> object:
    """Tell the chunks of the newest snapshot of a shared feed, and the cursor to pull on from once they are loaded.

    A chunk that an earlier snapshot had under the same name is the same chunk.
    """
    async with call.reading() as db:
        found = await newest_snapshot(db, call.params(WhichFeed).feed)
    if found is None:
        raise NotFound("There is no snapshot of this feed yet; pull it page by page.")
    return found


@operation(
    "GET",
    "/sync/chunks/{sha256:str}",
    tag=TAG,
    by=EVERYBODY,
    params=WhichChunk,
    answer=Chunk,
    problems=(NotFound,),
    etag=True,
)
async def fetch_chunk(call: Call) -> object:
    """Give a chunk of a snapshot: rows of one kind, a list for each column. It never changes; its name is its SHA-256.

    A chunk that is gone belonged to an old snapshot: ask for the newest one again.
    """
    sha256 = call.params(WhichChunk).sha256
    async with call.reading() as db:
        blob = await blob_of_chunk(db, sha256)
    headers = {"cache-control": FOR_GOOD, "etag": f'W/"{sha256}"'}
    if blob is not None and headers["etag"] in call.request.headers.get("if-none-match", ""):
        return Reply(status=304, headers=headers)
    content = None if blob is None else await call.context.blobs.get(blob)
    if content is None:
        raise NotFound("There is no such chunk any more; ask for the newest snapshot.")
    wanted = call.request.headers.get("accept-encoding", "")
    if accepts(wanted, "br"):
        return Reply(content, headers=headers | {"content-encoding": "br"})
    plain: bytes = await asyncio.to_thread(brotli.decompress, content)
    if accepts(wanted, "gzip"):
        return Reply(
            await asyncio.to_thread(COMPRESSIONS["gzip"], plain), headers=headers | {"content-encoding": "gzip"}
        )
    return Reply(plain, headers=headers)
