"""How the server hands out the technician's app, built or not."""

import gzip
from pathlib import Path

import brotli
import httpx
import pytest

from api.routes import phone

SCRIPT = b"console.log('app');" * 200


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in {
        "index.html": b"<!doctype html><title>Fieldstone</title>",
        "index-Cx3ujZ_O.js": SCRIPT,
        "sw.js": b"// worker",
        "manifest.webmanifest": b"{}",
        "secret.txt": b"not of the app",
    }.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "index-Cx3ujZ_O.js.br").write_bytes(brotli.compress(SCRIPT))
    (tmp_path / "index-Cx3ujZ_O.js.gz").write_bytes(gzip.compress(SCRIPT))
    monkeypatch.setattr(phone.BUILD, "folder", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("built")
async def test_the_app_comes_with_a_policy_that_lets_nothing_in_from_elsewhere(http: httpx.AsyncClient) -> None:
    page = await http.get("/app/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.usefixtures("built")
async def test_the_address_without_its_last_slash_leads_to_the_one_with_it(http: httpx.AsyncClient) -> None:
    led = await http.get("/app", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (308, "/app/")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("coding", "sent"), [("br", ".br"), ("gzip", ".gz"), ("identity", "")])
async def test_a_file_named_by_its_content_is_kept_for_good_and_comes_compressed_ahead(
    http: httpx.AsyncClient, built: Path, coding: str, sent: str
) -> None:
    request = http.build_request("GET", "/app/index-Cx3ujZ_O.js", headers={"accept-encoding": coding})
    answer = await http.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    assert raw == (built / f"index-Cx3ujZ_O.js{sent}").read_bytes()
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["vary"] == "accept-encoding"


@pytest.mark.usefixtures("built")
async def test_what_keeps_its_name_is_asked_for_again_and_sent_only_when_it_changed(http: httpx.AsyncClient) -> None:
    for name in ("sw.js", "manifest.webmanifest"):
        first = await http.get(f"/app/{name}")
        assert first.headers["cache-control"] == "no-cache"
        again = await http.get(f"/app/{name}", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
    assert (await http.get("/app/sw.js")).headers["service-worker-allowed"] == "/app/"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name", ["none.js", "%2e%2e", "secret.txt", "%2e%2e%2fpackage.json", "sw.js.br"])
async def test_nothing_but_the_apps_own_files_is_handed_out(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/app/{name}")).status_code in (404, 422)


async def test_a_server_without_the_app_says_how_to_build_it(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone.BUILD, "folder", tmp_path)
    page = await http.get("/app/", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "make app" in page.text
    assert (await http.get("/app/")).json()["code"] == "app-not-built"
