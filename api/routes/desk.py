"""The office's plain pages: static files that call the API with the browser's session."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from api.operation import PUBLIC, Call, Reply, operation
from api.settings import ROOT
from domain.kit.problem import NotFound

TAG = "pages"
DESK = ROOT / "web" / "desk"
FILES = {
    "desk.js": ("text/javascript", DESK / "desk.js"),
    "recorded.js": ("text/javascript", DESK / "recorded.js"),
    "words.js": ("text/javascript", DESK / "words.js"),
    "desk.css": ("text/css", DESK / "desk.css"),
    "style.css": ("text/css", ROOT / "web" / "pages" / "style.css"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class DeskFile(msgspec.Struct, frozen=True):
    """A file of the desk."""

    name: Annotated[str, Meta(max_length=40, pattern=r"^[a-z.]+$(?!\n)")]


def _page(path: Path, media: str) -> Reply:
    headers = {"content-security-policy": POLICY, "x-robots-tag": "noindex"}
    return Reply(path.read_bytes(), media=media, headers=headers)


@operation("GET", "/", tag=TAG, by=PUBLIC, answer=str, media="text/html", etag=True)
async def desk_page(call: Call) -> object:
    """Show the office's page: sign in, see jobs, make and assign them."""
    return _page(DESK / "index.html", "text/html")


@operation("GET", "/welcome", tag=TAG, by=PUBLIC, answer=str, media="text/html", etag=True)
async def welcome_page(call: Call) -> object:
    """Show the page behind an invitation link, where a person sets a password; the token stays in the browser."""
    return _page(DESK / "index.html", "text/html")


@operation(
    "GET",
    "/desk/{name:str}",
    tag=TAG,
    by=PUBLIC,
    params=DeskFile,
    answer=str,
    problems=(NotFound,),
    media="text/plain",
    etag=True,
)
async def desk_file(call: Call) -> object:
    """Give a script or style of the desk."""
    found = FILES.get(call.params(DeskFile).name)
    if found is None:
        raise NotFound("The desk has no such file.")
    media, path = found
    return _page(path, media)
