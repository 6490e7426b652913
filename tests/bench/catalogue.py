"""A catalogue of 50,000 parts on its way to phones: imported, built into a snapshot, served, built again."""

import csv
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import msgspec

from api.adapters.blobs import FolderBlobs
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.running import Importing, open_run, run_import
from domain.kit.actor import SYSTEM
from domain.kit.database import Database, reading
from domain.kit.ids import new_id
from domain.kit.work import transact
from mobile_sync.catalogue_rows import SHARED_KINDS
from mobile_sync.photos.sandbox import PhotoSandbox
from mobile_sync.snapshots import Manifest, build_snapshots, newest_snapshot
from tests.bench.load import load, request
from tests.bench.served import scratch, serving
from tests.bench.spare_parts import spare_parts
from tests.cast import cast_of

PARTS = int(os.environ.get("BENCH_PARTS", "50000"))
CHANGED = 600
SECONDS = 4.0
SHOWN = ("number", "name", "name_zh", "unit_of_measure", "claimable", "key_part", "serialised")


async def run() -> dict[str, Any]:
    """Return seconds to import and to build, bytes on the wire, milliseconds to serve."""
    async with scratch() as (server, database, data):
        context: Any = SimpleNamespace(database=database)
        async with httpx.AsyncClient() as client:
            cast = await cast_of(context, client)
        blobs = FolderBlobs(data / "blobs")
        parts = list(spare_parts(PARTS))
        figures = {"parts": PARTS, "import_seconds": await _imported(database, data, parts, "price_minor")}
        figures["import_unchanged_seconds"] = await _imported(database, data, parts, "price_minor")
        for part in parts:
            part["price_minor"] += 10
        figures["import_of_prices_seconds"] = await _imported(database, data, parts, "price_minor")
        first, figures["build_seconds"] = await _built(database, blobs)
        figures["wire_bytes"] = sum(one.bytes for one in first.chunks)
        figures["bytes_as_pulled_rows"] = await _as_rows(database)
        for part in parts[-CHANGED:]:
            part["name"] += ", new"
        await _imported(database, data, parts, "price_minor")
        second, figures["build_again_seconds"] = await _built(database, blobs)
        known = {one.sha256 for one in first.chunks}
        figures["wire_bytes_again"] = sum(one.bytes for one in second.chunks if one.sha256 not in known)
        app = server.url("fieldstone_app")
        with serving("api.asgi:app", DATABASE_URL=app, FIELDSTONE_DATA=str(data)) as base:
            for who, caller in (("ours", cast.otto), ("partner", cast.ann)):
                for what, path in (
                    ("manifest", "/sync/snapshots/catalogue"),
                    ("chunk", f"/sync/chunks/{first.chunks[0].sha256}"),
                ):
                    asked = request("GET", path, token=caller.token, accept_encoding="br")
                    found = await load(base, lambda _, asked=asked: asked, seconds=SECONDS)
                    figures[f"{what}_{who}"] = {
                        "per_second": found.per_second,
                        "p50_ms": found.p50_ms,
                        "p99_ms": found.p99_ms,
                        "failed": found.failed,
                    }
    return figures


async def _imported(database: Database, data: Path, parts: list[dict[str, Any]], *more: str) -> float:
    path = data / "parts.csv"
    headings = {"price_minor": "price"}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([headings.get(name, name) for name in (*SHOWN, *more)])
        writer.writerows([_cell(part, name) for name in (*SHOWN, *more)] for part in parts)
    kind, source, sandbox = KINDS["parts"], look_through(path), PhotoSandbox(workers=1)
    began = time.perf_counter()
    run_id, _ = await transact(database, SYSTEM, lambda work: open_run(work, kind, source, path.name, new_id()))
    await run_import(Importing(database, sandbox, SYSTEM), kind, source, run_id)
    await sandbox.close()
    return round(time.perf_counter() - began, 2)


def _cell(part: dict[str, Any], name: str) -> str:
    value = part[name]
    if name == "price_minor":
        return f"{value / 100:.2f}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


async def _built(database: Database, blobs: FolderBlobs) -> tuple[Manifest, float]:
    began = time.perf_counter()
    await build_snapshots(database, blobs)
    seconds = round(time.perf_counter() - began, 2)
    async with reading(database, SYSTEM) as db:
        manifest = await newest_snapshot(db, "catalogue")
    if manifest is None or manifest.rows != PARTS:
        raise RuntimeError("the snapshot is not whole")
    return manifest, seconds


async def _as_rows(database: Database) -> int:
    """Return the bytes of all rows as a pull would send them, not compressed."""
    (kind,) = (one for one in SHARED_KINDS if one.name == "part")
    async with reading(database, SYSTEM) as db:
        rows = await kind.after(db, UUID(int=0), PARTS)
    return len(msgspec.json.encode([{"k": "part", "id": row.id, "ver": PARTS, "d": row} for row in rows]))
