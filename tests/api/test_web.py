"""What every answer is like: ids, problems, caching, compression, cookies, readiness and figures."""

import asyncio
import dataclasses
import gzip
import json
from pathlib import Path

import brotli
import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api import embedded
from api.app import make_app
from api.compression import accepts
from api.context import Context, Principals
from domain.kit.database import connect
from tests.cast import Caller, Cast


def client_of(context: Context) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=make_app([context]), raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://fieldstone.test")


async def test_an_unchanged_answer_is_not_sent_again(cast: Cast) -> None:
    first = await cast.ann.get("/me")
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "private, no-cache"
    again = await cast.ann.http.get("/me", headers={**cast.ann.headers, "if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await cast.ben.http.get("/me", headers={**cast.ben.headers, "if-none-match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Nord"}, "code"),
        ({"name": "Nord", "code": "N1", "grade": "A", "nam": "x"}, "nam"),
        ({"name": 5, "code": "N1", "grade": "A"}, "name"),
    ],
)
async def test_a_refusal_names_the_field_that_is_missing_unknown_or_wrong(
    cast: Cast, body: dict[str, object], field: str
) -> None:
    refused = await cast.ada.post("/partners", body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_what_is_not_meant_to_be_kept_is_not(cast: Cast) -> None:
    for path in ("/people", "/people/of-nobody"):
        assert (await cast.ada.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("header", "coding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("gzip;q=1, br;q=0", "gzip"), ("identity", ""), ("", ""), ("deflate", "")],
)
async def test_long_answers_are_compressed_as_the_client_can(cast: Cast, header: str, coding: str) -> None:
    request = cast.ada.http.build_request("GET", "/schema", headers={"accept-encoding": header})
    response = await cast.ada.http.send(request, stream=True)
    raw = b"".join([part async for part in response.aiter_raw()])
    await response.aclose()
    assert response.headers.get("content-encoding", "") == coding
    assert response.headers["vary"] == "accept-encoding"
    plain = {"br": brotli.decompress, "gzip": gzip.decompress}.get(coding, bytes)(raw)
    assert json.loads(plain)["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("header", "yes"),
    [
        ("br", True),
        ("BR;q=0.5", True),
        ("br;q=0", False),
        ("br; q=0.000", False),
        ("gzip, br;q=0.001", True),
        ("brx", False),
    ],
)
def test_a_weight_of_nothing_refuses_a_coding(header: str, yes: bool) -> None:
    assert accepts(header, "br") is yes


async def test_short_answers_are_sent_as_they_are(cast: Cast) -> None:
    response = await cast.ann.http.get("/me", headers={**cast.ann.headers, "accept-encoding": "br, gzip"})
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("path", ["/me", "/nowhere", "/people", "/health"])
async def test_every_answer_carries_a_request_id_and_safe_headers(cast: Cast, nobody: Caller, path: str) -> None:
    for caller in (cast.ada, nobody):
        response = await caller.get(path)
        assert len(response.headers["x-request-id"]) == 32
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-frame-options"] == "DENY"
        if response.status_code >= 400:
            assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "kept"), [("from-the-proxy-1", True), ("short", False), ("a b c d e f g", False), ("x" * 65, False)]
)
async def test_a_harmless_request_id_of_the_caller_is_kept(nobody: Caller, given: str, kept: bool) -> None:
    response = await nobody.http.get("/health", headers={"x-request-id": given})
    assert (response.headers["x-request-id"] == given) is kept


async def test_an_address_of_nothing_and_a_wrong_method_are_problems(nobody: Caller) -> None:
    nowhere = await nobody.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no-such-route")
    assert nowhere.headers["content-type"] == "application/problem+json"
    wrong = await nobody.http.request("DELETE", "/people")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert wrong.headers["content-type"] == "application/problem+json"
    assert {"GET", "POST"} <= set(wrong.headers["allow"].replace(" ", "").split(","))


async def test_a_refusal_says_how_to_sign_in_and_when_to_come_back(nobody: Caller) -> None:
    refused = await nobody.get("/me")
    assert refused.headers["www-authenticate"] == 'Bearer realm="fieldstone"'
    for _ in range(11):
        last = await nobody.post("/sign-in", {"login": "who@test", "password": "x"})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0


async def test_the_process_says_that_it_is_ready_and_on_which_schema(nobody: Caller) -> None:
    assert (await nobody.get("/health")).json() == {"status": "ok"}
    ready = (await nobody.get("/ready")).json()
    assert ready["status"] == "ok"
    assert len(ready["schema"]) >= 4


async def test_without_a_database_it_is_alive_not_ready_and_never_broken(context: Context, tmp_path: Path) -> None:
    nowhere = f"postgresql+asyncpg://fieldstone_app@/fieldstone?host={tmp_path}&port=1"
    database = connect(nowhere, nowhere, pool_size=1)
    away = dataclasses.replace(context, database=database, principals=Principals(database))
    async with client_of(away) as http:
        assert (await http.get("/health")).status_code == 200
        for path, headers in (("/ready", {}), ("/people", {"authorization": f"Bearer {'x' * 43}"})):
            response = await http.get(path, headers=headers)
            assert (response.status_code, response.json()["code"]) == (503, "busy")
            assert int(response.headers["retry-after"]) > 0
    await database.close()


async def test_a_database_that_was_restarted_is_used_again_at_once(cast: Cast, context: Context) -> None:
    for role in ("app", "partner"):
        async with getattr(context.database, role).connect() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = current_user AND pid <> pg_backend_pid()"
                )
            )
    await asyncio.sleep(0.05)
    for caller in (cast.pam, cast.ada):
        statuses = {(await caller.get("/people")).status_code for _ in range(20)}
        assert statuses == {200}


async def test_a_crowded_pool_is_busy_and_no_defect(cast: Cast, context: Context, cluster: embedded.Embedded) -> None:
    narrow = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=1)
    narrow.app.sync_engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    crowded = dataclasses.replace(context, database=narrow, principals=context.principals)
    async with client_of(crowded) as http, narrow.app.connect():
        response = await http.get("/people", headers=cast.ada.headers)
    assert (response.status_code, response.json()["code"]) == (503, "busy")
    await narrow.close()


@pytest.mark.parametrize("ran_out", ["53100", "53200", "57P02"])
async def test_a_database_whose_disk_or_memory_is_full_is_busy_and_takes_it_when_repeated(
    ran_out: str, cast: Cast, owner: AsyncEngine
) -> None:
    raising = (
        f"CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''{ran_out}''; END'"
    )
    async with owner.begin() as connection:
        await connection.execute(text(raising))
        await connection.execute(
            text("CREATE TRIGGER disk_full BEFORE INSERT ON customer EXECUTE FUNCTION disk_full()")
        )
    try:
        body = {"number": "C-1", "name": "Laundry"}
        refused = await cast.dora.post("/customers", body, key="once")
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    finally:
        async with owner.begin() as connection:
            await connection.execute(text("DROP FUNCTION disk_full CASCADE"))
    assert (await cast.dora.post("/customers", body, key="once")).status_code == 201


async def test_figures_are_for_admins_and_for_whoever_holds_the_token(
    cast: Cast, context: Context, nobody: Caller
) -> None:
    await cast.ada.get("/me")
    figures = await cast.ada.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain")
    assert 'fieldstone_requests_total{operation="GET /me",status="200"}' in figures.text
    assert 'fieldstone_request_seconds_bucket{le="0.1",operation="GET /me"}' in figures.text
    assert (await cast.dora.get("/metrics")).status_code == 403
    assert (await nobody.get("/metrics")).status_code == 401
    token = "a-token-for-prometheus"
    scraped = dataclasses.replace(context, settings=msgspec.structs.replace(context.settings, metrics_token=token))
    async with client_of(scraped) as http:
        with_token = {"authorization": f"Bearer {token}"}
        assert (await http.get("/metrics", headers=with_token)).status_code == 200
        assert (await http.get("/people", headers=with_token)).status_code == 401
        for wrong in (f"Bearer {token}x", "Bearer ", token[:-1]):
            assert (await http.get("/metrics", headers={"authorization": wrong})).status_code == 401


async def test_an_empty_metrics_token_admits_nobody(nobody: Caller) -> None:
    for header in ("Bearer ", "Bearer", ""):
        assert (await nobody.http.get("/metrics", headers={"authorization": header})).status_code == 401


async def test_a_cookie_reads_from_anywhere_and_writes_from_our_own_pages_only(cast: Cast) -> None:
    cookie = {"cookie": f"__Host-fieldstone={cast.ada.token}"}
    http = cast.ada.http
    assert (await http.get("/me", headers=cookie)).json()["role"] == "admin"
    body = {"code": "EAST", "name": "East", "grade": "B", "region": "east", "currency": "EUR"}
    for origin in (
        "https://evil.example",
        "null",
        "http://fieldstone.test.evil.example",
        "http://fieldstone.test:81",
        "",
    ):
        headers = {**cookie, "origin": origin, "idempotency-key": "k"} if origin else {**cookie, "idempotency-key": "k"}
        refused = await http.post("/partners", json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed"), origin
    own = {**cookie, "origin": "http://fieldstone.test", "idempotency-key": "k"}
    assert (await http.post("/partners", json=body, headers=own)).status_code == 201


async def test_a_bearer_wins_over_a_cookie(cast: Cast) -> None:
    both = {**cast.ann.headers, "cookie": f"__Host-fieldstone={cast.ada.token}"}
    assert (await cast.ann.http.get("/me", headers=both)).json()["role"] == "technician"
