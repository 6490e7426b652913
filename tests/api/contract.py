"""What the contract says of each operation, and requests made from it: a new route is covered by being declared."""

import io
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import msgspec
from pypdf import PdfReader

from api.openapi import document, openapi_path
from api.operation import OPERATIONS, PUBLIC, Operation
from api.problems import MEDIA
from domain.kit.actor import Role
from tests.cast import Caller, Cast

ALL = list(OPERATIONS.values())
SECONDS_MAX = 5
MULTIPART = "multipart/form-data"
"""Forms with a file; their example is one with the boundary ``x``."""
DAY_LENGTH = len("2026-03-31")
SOMEBODY = UUID("0198c5b0-0000-7000-8000-00000000abcd")


def name_of(one: Operation) -> str:
    """The name of an operation in a test's title."""
    return f"{one.method} {one.path}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, and why it is hostile."""

    why: str
    path: str
    content: bytes = b""
    headers: dict[str, str | bytes] = field(default_factory=dict)
    accepted: bool = True
    """Whether success would be all right."""


@cache
def contract() -> dict[str, Any]:
    """The document, made once."""
    return document()


def described(one: Operation) -> dict[str, Any]:
    """What the document says of an operation."""
    found: dict[str, Any] = contract()["paths"][openapi_path(one.path)][one.method.lower()]
    return found


def parameters_of(one: Operation, place: str) -> dict[str, dict[str, Any]]:
    """The schemas of an operation's parameters in the path, the query or the headers."""
    return {part["name"]: part["schema"] for part in described(one).get("parameters", []) if part["in"] == place}


def path_of(one: Operation, **given: object) -> str:
    """The path with plausible values in its places; ``id`` is the one given for how the path begins."""
    whole = one.path.partition("/{")[0]
    begun = next((begun for begun in (whole, f"/{whole.split('/')[1]}") if begun in given), None)
    given = {**given, **({"id": given[begun]} if begun is not None else {})}

    def fill(place: re.Match[str]) -> str:
        name, _, kind = place[1].partition(":")
        if name in given:
            return str(given[name])
        return str(SOMEBODY) if kind == "uuid" else "1" if kind == "int" else "something"

    return re.sub(r"\{([^}]+)\}", fill, one.path)


def query_of(one: Operation, given: Mapping[str, object], *, narrowed: bool = True) -> dict[str, str]:
    """What is given of the query: all of it, or only what must be; of a moment its day where one is asked for."""
    parts = [part for part in described(one).get("parameters", []) if part["in"] == "query" and part["name"] in given]
    return {
        part["name"]: str(given[part["name"]])[: DAY_LENGTH if part["schema"].get("format") == "date" else None]
        for part in parts
        if narrowed or part.get("required")
    }


def media_of(one: Operation) -> str:
    """The first content type an operation accepts."""
    return one.body_media.split("|")[0]


def is_json(one: Operation) -> bool:
    """Whether it takes a JSON body."""
    return one.body is not None and one.body is not bytes and media_of(one) == "application/json"


def usual_body(one: Operation, ids: dict[str, UUID] | None = None) -> bytes:
    """The example of the contract, as bytes, with these ids in it where it names any."""
    if one.body is None:
        return b""
    if is_json(one):
        example = msgspec.to_builtins(one.example)
        return msgspec.json.encode({name: (ids or {}).get(name, value) for name, value in example.items()})
    if media_of(one) == MULTIPART:
        return str(one.example).encode()
    if one.body is bytes:
        return b"\x89PNG\r\n\x1a\n"
    return "&".join(f"{name}={value}" for name, value in msgspec.to_builtins(one.example).items()).encode()


def usual_headers(one: Operation) -> dict[str, str | bytes]:
    """The headers of a well-behaved client."""
    headers: dict[str, str | bytes] = {}
    for name, schema in parameters_of(one, "header").items():
        for example in (schema.get("examples") or schema.get("enum", []))[:1]:
            headers[name.lower()] = str(example)
    if one.body is not None:
        headers["content-type"] = media_of(one) + ("; boundary=x" if media_of(one) == MULTIPART else "")
    return headers


def text_of(response: httpx.Response) -> str:
    """What an answer says, also where it is a paper; of a paper without blanks, for its lines break anywhere."""
    if not response.headers.get("content-type", "").startswith("application/pdf"):
        return response.text
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages).split())


def has_content(response: httpx.Response) -> bool:
    """Whether an answer is no refusal and tells of anything: a list of something, a table with rows."""
    if response.status_code >= 300 or not response.content:
        return False
    media = response.headers.get("content-type", "").split(";")[0]
    if media == "text/csv":
        return len(response.text.splitlines()) > 1
    if media != "application/json":
        return True
    told = response.json()
    listed = next((name for name in ("items", "lines") if name in told), None) if isinstance(told, dict) else None
    return bool(told if listed is None else told[listed])


def caller_of(one: Operation, cast: Cast, nobody: Caller) -> Caller:
    """Somebody who may call it."""
    if one.by is PUBLIC:
        return nobody
    by_role = {
        Role.ADMIN: cast.ada,
        Role.DISPATCHER: cast.dora,
        Role.REVIEWER: cast.rex,
        Role.TECHNICIAN: cast.ann,
        Role.PARTNER_OFFICE: cast.pam,
    }
    return next((who for role, who in by_role.items() if role in one.by), nobody)


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every place in decoded JSON that holds no further ones."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from leaves(part, (*place, key))
    elif isinstance(value, list) and value:
        for index, part in enumerate(value[:2]):
            yield from leaves(part, (*place, index))
    else:
        yield place, value


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy with another value in one place."""
    if not place:
        return new
    if isinstance(value, dict):
        return {**value, place[0]: replaced(value[place[0]], place[1:], new)}
    return [*value[: place[0]], replaced(value[place[0]], place[1:], new), *value[place[0] + 1 :]]


async def send(caller: Caller, one: Operation, sent: Sent, key: str | None) -> httpx.Response:
    """Send a request and check what every answer must be: documented, quick, a problem when refused, never a 5xx."""
    headers: dict[str, str | bytes] = {**caller.headers, **({"idempotency-key": key} if key else {}), **sent.headers}
    started = time.perf_counter()
    request = caller.http.build_request(
        one.method,
        sent.path,
        content=sent.content,
        headers=[
            (name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers.items()
        ],
    )
    response = await caller.http.send(request)
    seconds = time.perf_counter() - started
    told = f"{name_of(one)} with {sent.why}: {response.status_code} {response.text[:300]}"
    assert response.status_code < 500, told
    assert seconds < SECONDS_MAX, f"{told} took {seconds:.1f} s"
    assert sent.accepted or response.status_code >= 400, told
    documented = described(one)["responses"]
    assert str(response.status_code) in documented, f"{told} is not in the contract"
    if response.status_code >= 400:
        check_problem(response, documented[str(response.status_code)], told)
    elif response.content:
        known = {media.split(";")[0] for media in documented[str(response.status_code)].get("content", {})}
        assert response.headers["content-type"].split(";")[0] in known, f"{told} is of no kind the contract names"
    return response


def check_problem(response: httpx.Response, documented: dict[str, Any], told: str) -> None:
    """A refusal is a whole problem whose code the contract names; the answer to HEAD has its status only."""
    if response.request.method == "HEAD":
        assert response.content == b"", told
        return
    if response.headers["content-type"].startswith("text/html") and "text/html" in documented.get("content", {}):
        return
    assert response.headers["content-type"] == MEDIA, told
    body = response.json()
    assert {"type", "title", "status", "detail", "code", "request_id"} <= body.keys(), told
    assert body["status"] == response.status_code, told
    assert body["type"] == f"/problems/{body['code']}", told
    assert body["request_id"] == response.headers["x-request-id"], told
    codes = documented["content"][MEDIA]["schema"]["allOf"][1]["properties"]["code"]["enum"]
    assert body["code"] in codes, f"{told}: its code is not in the contract ({codes})"
