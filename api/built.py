"""What `make app` builds for browsers: files compressed ahead, kept for good when their names follow their content."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from api.compression import accepts
from api.operation import Call, Reply
from api.problems import AppNotBuilt
from domain.kit.problem import NotFound

PAGE = "index.html"
MEDIA = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}
ANY_MEDIA = "|".join(MEDIA.values())
SUFFIXES = {"br": ".br", "gzip": ".gz"}
_NAMED_BY_CONTENT = re.compile(r".+-[A-Za-z0-9_-]{8}\.(js|css|wasm)")
HEADERS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex",
}


class BuiltFile(msgspec.Struct, frozen=True):
    """A file of a build."""

    name: Annotated[str, Meta(max_length=80, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]


@dataclass(slots=True)
class Build:
    """A folder with a build, and the headers, policy included, that each of its files is sent with."""

    folder: Path
    headers: dict[str, str]

    def page(self, call: Call) -> Reply:
        """Return the page that everything begins with; raises AppNotBuilt where there is none."""
        if not (self.folder / PAGE).is_file():
            raise AppNotBuilt("Run 'make app' on the server; it needs Node.js 20 or newer.")
        return self.file(call, PAGE)

    def file(self, call: Call, name: str, **headers: str) -> Reply:
        """Return a file in the smallest form that the client takes; raises NotFound."""
        path = self.folder / name
        media = MEDIA.get(path.suffix)
        if media is None or not path.is_file():
            raise NotFound("There is no such file.")
        kept = "public, max-age=31536000, immutable" if _NAMED_BY_CONTENT.fullmatch(name) else "no-cache"
        sent = {**HEADERS, **self.headers, "cache-control": kept, **headers}
        wanted = call.request.headers.get("accept-encoding", "")
        for coding, suffix in SUFFIXES.items():
            smaller = path.with_name(name + suffix)
            if accepts(wanted, coding) and smaller.is_file():
                return Reply(smaller.read_bytes(), media=media, headers=sent | {"content-encoding": coding})
        return Reply(path.read_bytes(), media=media, headers=sent)
