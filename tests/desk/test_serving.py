"""How the server hands out the desk, built or not."""

from pathlib import Path

import brotli
import httpx
import pytest

from api.routes import desk

SCRIPT = b"console.log('desk');" * 200


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in {
        "index.html": b"<!doctype html><title>Fieldstone</title>",
        "index-Cx3ujZ_O.js": SCRIPT,
        "style-Cx3ujZ_O.css": b"body{}",
    }.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "index-Cx3ujZ_O.js.br").write_bytes(brotli.compress(SCRIPT))
    monkeypatch.setattr(desk.BUILD, "folder", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/", "/welcome"])
async def test_the_page_comes_with_a_policy_that_lets_nothing_in_from_elsewhere(
    http: httpx.AsyncClient, path: str
) -> None:
    page = await http.get(path)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    again = await http.get(path, headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304


async def test_its_files_are_kept_for_good_and_come_compressed_ahead(http: httpx.AsyncClient, built: Path) -> None:
    request = http.build_request("GET", "/desk/index-Cx3ujZ_O.js", headers={"accept-encoding": "br"})
    answer = await http.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    assert raw == (built / "index-Cx3ujZ_O.js.br").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    style = await http.get("/desk/style-Cx3ujZ_O.css")
    assert style.headers["content-type"].startswith("text/css")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("name", ["none.js", "%2e%2e", "%2e%2e%2fpackage.json", "index-Cx3ujZ_O.js.br"])
async def test_nothing_but_the_desks_own_files_is_handed_out(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/desk/{name}")).status_code in (404, 422)


async def test_a_server_without_the_desk_says_how_to_build_it(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.BUILD, "folder", tmp_path)
    page = await http.get("/", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "make app" in page.text
    assert (await http.get("/welcome")).json()["code"] == "app-not-built"
