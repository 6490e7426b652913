"""The technician's app: its built files, compressed ahead, kept for good when their names follow their content."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from api.compression import accepts
from api.operation import PUBLIC, Call, Reply, operation
from api.pages import led, shown
from api.problems import AppNotBuilt
from api.settings import ROOT
from domain.kit.problem import NotFound

TAG = "pages"
DIST = ROOT / "web" / "phone" / "dist"
"""What `make app` fills."""
PAGE = "index.html"
MEDIA = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}
SUFFIXES = {"br": ".br", "gzip": ".gz"}
_NAMED_BY_CONTENT = re.compile(r".+-[A-Za-z0-9_-]{8}\.(js|css|wasm)")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
        "media-src blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


class AppFile(msgspec.Struct, frozen=True):
    """A file of the app."""

    name: Annotated[str, Meta(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]


def _file(call: Call, name: str) -> Reply:
    path = DIST / name
    media = MEDIA.get(path.suffix)
    if media is None or not path.is_file():
        raise NotFound("The app has no such file.")
    kept = "public, max-age=31536000, immutable" if _NAMED_BY_CONTENT.fullmatch(name) else "no-cache"
    headers = {**HEADERS, "cache-control": kept}
    if name == "sw.js":
        headers["service-worker-allowed"] = "/app/"
    wanted = call.request.headers.get("accept-encoding", "")
    for coding, suffix in SUFFIXES.items():
        smaller = path.with_name(name + suffix)
        if accepts(wanted, coding) and smaller.is_file():
            return Reply(smaller.read_bytes(), media=media, headers=headers | {"content-encoding": coding})
    return Reply(path.read_bytes(), media=media, headers=headers)


@operation(
    "GET",
    "/app",
    tag=TAG,
    by=PUBLIC,
    answer=str,
    problems=(AppNotBuilt,),
    statuses=(200, 308),
    media="text/html",
    etag=True,
)
@shown
async def app_page(call: Call) -> object:
    """Show the technician's app; without its last slash the address leads to the one with it."""
    if not call.request.scope["raw_path"].endswith(b"/"):
        return led("/app/", 308)
    if not (DIST / PAGE).is_file():
        raise AppNotBuilt("Run 'make app' on the server; it needs Node.js 20 or newer.")
    return _file(call, PAGE)


@operation(
    "GET",
    "/app/{name:str}",
    tag=TAG,
    by=PUBLIC,
    params=AppFile,
    answer=str,
    problems=(NotFound,),
    media="application/octet-stream",
    etag=True,
)
async def app_file(call: Call) -> object:
    """Give a file of the technician's app."""
    return _file(call, call.params(AppFile).name)
