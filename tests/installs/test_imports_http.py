"""Files sent over HTTP: taken at once, imported in the background, told about while they are."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports import files
from api.worker import drain
from domain.kit.actor import SYSTEM, Role
from domain.kit.work import begin
from tests import make
from tests.cast import Cast, joined
from tests.claims.visits import claimed
from tests.conftest import rows

CUSTOMERS = b"number,name\nC1,One\n=2,Two\nC3,Three\n"


async def send(cast: Cast, content: bytes, kind: str = "customers", **more: Any) -> Any:
    response = await cast.ada.upload("/imports", content, "text/csv", kind=kind, **more)
    assert response.status_code == 202, response.text
    return response.json()


async def test_a_file_is_taken_and_imported_in_the_background(context: Context, cast: Cast) -> None:
    sent = await send(cast, CUSTOMERS, file_name="customers.csv")
    assert (sent["state"], sent["rows_read"], sent["file_name"]) == ("waiting", 0, "customers.csv")
    await drain(context)
    run = (await cast.ada.get(f"/imports/{sent['id']}")).json()
    assert (run["state"], run["rows_read"], run["rows_kept"], run["rows_refused"]) == ("done", 3, 2, 1)
    assert run["bytes_done"] == run["bytes_total"] == len(CUSTOMERS)
    report = await cast.ada.get(f"/imports/{sent['id']}/refusals")
    assert report.headers["content-type"] == "text/csv; charset=utf-8"
    assert report.text.lstrip("\ufeff").splitlines() == [
        "line,column,value,reason",
        '3,number,\'=2,"is no code: letters, digits and . _ / + - only, at most 64"',
    ]
    listed = (await cast.ada.get("/imports")).json()["items"]
    assert [line["id"] for line in listed] == [sent["id"]]


async def test_a_file_that_is_gone_fails_its_import_and_says_what_to_do(
    context: Context, cast: Cast, owner: AsyncEngine
) -> None:
    sent = await send(cast, CUSTOMERS)
    ((sha256,),) = await rows(owner, "SELECT sha256 FROM import_run")
    await context.blobs.remove(str(sha256))
    await drain(context)
    run = (await cast.ada.get(f"/imports/{sent['id']}")).json()
    assert (run["state"], run["rows_read"]) == ("failed", 0)
    assert run["failure"] == "The uploaded file is no longer there; send it again."


async def test_the_author_of_a_move_is_who_sent_the_file(context: Context, cast: Cast, owner: AsyncEngine) -> None:
    async with begin(context.database, SYSTEM) as work:
        await make.model(work, code="WM-1")
    await send(cast, b"model,serial\nWM-1,A1\n", "units")
    await drain(context)
    assert await rows(owner, "SELECT actor_id FROM unit_move") == [(cast.ada.id,)]


async def test_a_repeated_request_gets_the_same_import(cast: Cast, context: Context) -> None:
    headers = {**cast.ada.headers, "content-type": "text/csv", "idempotency-key": "one"}
    path = "/imports?kind=customers"
    first, again = [await cast.ada.http.post(path, content=CUSTOMERS, headers=headers) for _ in range(2)]
    assert first.json()["id"] == again.json()["id"]
    other = await cast.ada.http.post(path, content=CUSTOMERS + b"C4,Four\n", headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "operation-id-reused")
    await drain(context)
    new = await send(cast, CUSTOMERS)
    assert new["id"] != first.json()["id"]
    await drain(context)
    assert (await cast.ada.get(f"/imports/{new['id']}")).json()["rows_unchanged"] == 2


async def test_who_may_import_what(cast: Cast) -> None:
    for caller in (cast.dora, cast.ann, cast.pam, cast.otto, cast.rex):
        assert (await caller.upload("/imports", CUSTOMERS, "text/csv", kind="customers")).status_code == 403
        assert (await caller.get("/imports")).status_code == 403
    assert (await cast.ada.upload("/imports", b"", "text/csv", kind="gold")).status_code == 422
    assert (await cast.ada.upload("/imports", b"", "application/json", kind="units")).status_code == 415
    keyless = await cast.ada.http.post(
        "/imports?kind=units", content=b"x", headers={**cast.ada.headers, "content-type": "text/csv"}
    )
    assert (keyless.status_code, keyless.json()["code"]) == (400, "idempotency-key-missing")


async def test_refused_rows_of_people_are_shown_to_an_admin_only(context: Context, cast: Cast) -> None:
    async with begin(context.database, SYSTEM) as work:
        petra = await joined(work, cast.ada.http, "petra", Role.PARTS_MANAGER, None)
    content = b"login,name,role,email\nnew@test,New,technician,no address at all\n"
    people, customers = await send(cast, content, "people"), await send(cast, CUSTOMERS)
    await drain(context)
    shown = await cast.ada.get(f"/imports/{people['id']}/refusals")
    assert "no address at all" in shown.text
    assert (await petra.get(f"/imports/{people['id']}/refusals")).status_code == 403
    assert (await petra.get(f"/imports/{customers['id']}/refusals")).status_code == 200


async def test_a_file_that_is_too_large_leaves_nothing_behind(cast: Cast, context: Context, monkeypatch: Any) -> None:
    from api.operation import OPERATIONS

    operation = OPERATIONS["POST", "/imports"]
    assert operation.body_bytes_max == 1024**3
    object.__setattr__(operation, "body_bytes_max", 100)
    try:
        response = await cast.ada.upload("/imports", b"x" * 101, "text/csv", kind="units")
    finally:
        object.__setattr__(operation, "body_bytes_max", 1024**3)
    assert (response.status_code, response.json()["code"]) == (413, "body-too-large")
    assert await asyncio.to_thread(lambda: list((Path(context.settings.data) / "uploads").iterdir())) == []


async def test_a_lost_file_ends_its_import_with_a_word(cast: Cast, context: Context) -> None:
    sent = await send(cast, CUSTOMERS)
    for path in (Path(context.settings.data) / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    await drain(context)
    run = (await cast.ada.get(f"/imports/{sent['id']}")).json()
    assert (run["state"], run["failure"]) == ("failed", "The uploaded file is no longer there; send it again.")


async def test_an_import_shows_its_progress_while_it_runs(cast: Cast, context: Context, monkeypatch: Any) -> None:
    monkeypatch.setattr(files, "rows_per_batch", 5)
    lines = "".join(f"C{n},Customer {n}\n" for n in range(40))
    sent = await send(cast, f"number,name\n{lines}".encode())
    running = asyncio.create_task(drain(context))
    seen = set()
    while not running.done():
        seen.add((await cast.ada.get(f"/imports/{sent['id']}")).json()["rows_read"])
        await asyncio.sleep(0.01)
    await running
    assert (await cast.ada.get(f"/imports/{sent['id']}")).json()["rows_read"] == 40
    assert len(seen) > 1


async def test_a_file_does_not_move_a_warranty_start_that_a_claim_depends_on(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    ready = await make.ready_visit(context, cast)
    await claimed(ready)
    ((code, serial, start),) = await rows(
        owner, f"SELECT code, serial, warranty_start_on::text FROM unit JOIN model ON model.id = model_id "
        f"WHERE unit.id = '{ready.unit_id}'"
    )  # fmt: skip
    for day, dealer, kept in (("2020-01-01", "Dealer A", 0), (start, "Dealer B", 1)):
        content = f"model,serial,warranty_start_on,dealer\n{code},{serial},{day},{dealer}\n"
        sent = await send(cast, content.encode(), "units")
        await drain(context)
        run = (await cast.ada.get(f"/imports/{sent['id']}")).json()
        assert (run["state"], run["rows_kept"], run["rows_refused"]) == ("done", kept, 1 - kept)
        if not kept:
            report = await cast.ada.get(f"/imports/{sent['id']}/refusals")
            assert report.text.splitlines()[1] == (
                "2,warranty_start_on,2020-01-01,a claim depends on this unit's warranty start; correct it by hand"
            )
    assert await rows(owner, f"SELECT dealer FROM unit WHERE id = '{ready.unit_id}'") == [("Dealer B",)]


async def test_an_import_whose_worker_died_goes_on_when_the_file_comes_again(
    cast: Cast, context: Context, owner: AsyncEngine
) -> None:
    sent = await send(cast, CUSTOMERS)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM pgqueuer"))
        await connection.execute(text("UPDATE import_run SET state = 'running', rows_read = 0"))
    again = await send(cast, CUSTOMERS)
    assert again["id"] == sent["id"]
    await drain(context)
    assert (await cast.ada.get(f"/imports/{sent['id']}")).json()["state"] == "done"


async def test_an_import_that_breaks_on_our_side_says_so(cast: Cast, context: Context, owner: AsyncEngine) -> None:
    sent = await send(cast, CUSTOMERS)
    async with owner.begin() as connection:
        await connection.execute(text("ALTER TABLE customer RENAME COLUMN language TO tongue"))
    try:
        await drain(context)
    finally:
        async with owner.begin() as connection:
            await connection.execute(text("ALTER TABLE customer RENAME COLUMN tongue TO language"))
    run = (await cast.ada.get(f"/imports/{sent['id']}")).json()
    assert (run["state"], run["failure"]) == ("failed", "The import broke on our side; it was logged.")
