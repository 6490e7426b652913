"""Requests that broke services of this kind, made for any operation from its own example."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from api.operation import Operation
from tests.api.contract import Sent, is_json, leaves, parameters_of, path_of, replaced, usual_body, usual_headers

DEEP = b"[" * 100_000
MOMENTS = (
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-03-01T12:00:00",
    "2026-02-30T12:00:00Z",
    "9999-12-31",
    "0001-01-01",
)
HUGE = 10**400
LEAVES_MAX = 40
PART = b'--x\r\nContent-Disposition: form-data; name="f"%s\r\n\r\n%s\r\n--x--'
MULTIPART = "multipart/form-data; boundary=x"
FORMS = (
    ("a form", b"name=value", "application/x-www-form-urlencoded"),
    ("a multipart text part", PART % (b"", b"text"), MULTIPART),
    ("a multipart file of a bogus charset", PART % (b'; filename="f"; charset=bogus', b"\xff"), MULTIPART),
    ("a multipart without a boundary", b"--x", "multipart/form-data"),
    ("plain text, as other sites may post it", b"{}", "text/plain"),
    ("no content type", b"{}", ""),
    ("a content type of nonsense", b"{}", "\u00e9/;;=,"),
)


def bodies(one: Operation) -> Iterator[Sent]:
    """Bodies that are no JSON, or not this operation's."""
    path, headers = path_of(one), usual_headers(one)
    usual = usual_body(one)
    for why, content, media in FORMS:
        if media.split(";")[0] not in one.body_media.split("|"):
            same = usual if content == b"{}" else content
            yield Sent(why, path, same, {**headers, "content-type": media.encode()}, accepted=False)
    if one.body_bytes_max <= 2**20:
        yield Sent("a body beyond the bound", path, b" " * one.body_bytes_max + usual, headers, accepted=False)
    yield Sent("an empty body", path, b"", headers)
    takes_any = one.body_media == "application/offset+octet-stream" or one.path == "/claims/submit/file"
    yield Sent("bytes that are no UTF-8", path, b"\xff\xfe\x00{", headers, accepted=takes_any)
    if not is_json(one):
        return
    yield Sent("a bogus charset", path, usual, {**headers, "content-type": "application/json; charset=bogus"})
    yield Sent(
        "another charset than it says",
        path,
        usual.decode().encode("utf-16"),
        {**headers, "content-type": "application/json; charset=utf-16"},
        accepted=False,
    )
    broken = (
        ("invalid UTF-8 in a string", b'{"name": "\xff\xc3\x28"}'),
        ("100,000 nested arrays", DEEP),
        ("100,000 nested arrays under an unknown key", b'{"unknown": ' + DEEP),
        ("100,000 nested objects", b'{"a":' * 100_000),
        ("half a document", usual[: len(usual) // 2]),
        ("two documents", usual + usual),
        ("a NaN", b"NaN"),
        ("nothing", b"null"),
        ("a list", b"[]"),
        ("a number", b"1"),
        ("a huge number", b"1" * 5000),
        ("an overflowing float", b"1e400"),
        ("an unknown key", _with(usual, "unknown_key_of_nobody", 1)),
        ("an unknown key with 100,000 nested arrays", usual[:-1] + b', "unknown": ' + DEEP + b"]" * 100_000 + b"}"),
    )
    for why, content in broken:
        yield Sent(why, path, content, headers, accepted=False)


def _with(usual: bytes, key: str, value: Any) -> bytes:
    return json.dumps({**json.loads(usual), key: value}).encode()


def fields(one: Operation, ids: dict[str, UUID]) -> Iterator[Sent]:
    """The example with one field replaced by what its type cannot hold, or must not."""
    example = json.loads(usual_body(one, ids))
    path, headers = path_of(one), usual_headers(one)
    for place, value in list(leaves(example))[:LEAVES_MAX]:
        where = ".".join(str(part) for part in place)
        # A bad item of a batch is told in its outcome and stops none.
        apart = one.path == "/claims/submit/batch" and place[2:3] == ("claim",)
        for why, new, accepted in _hostile(value):
            content = json.dumps(replaced(example, place, new)).encode()
            west_or_south = why == "minus one" and str(place[-1]).endswith("_e6")
            yield Sent(f"{why} as {where}", path, content, headers, accepted=accepted or apart or west_or_south)
        raw = json.dumps(replaced(example, place, "RAW")).encode()
        for why, literal in (("a lone surrogate", b'"\\ud800"'), ("an overflowing float", b"1e400"), ("a NaN", b"NaN")):
            yield Sent(f"{why} as {where}", path, raw.replace(b'"RAW"', literal), headers, accepted=apart)


def _hostile(value: Any) -> Iterator[tuple[str, Any, bool]]:
    yield "a NUL", "a\x00b", False
    yield "100,000 characters", "x" * 100_000, False
    yield "an object", {"a": 1}, False
    yield "2**63", 2**63, False
    yield "-2**63-1", -(2**63) - 1, False
    yield "10**400", HUGE, False
    yield "minus one", -1, False
    yield "10,000 nulls", [None] * 10_000, False
    if isinstance(value, str) or value is None:
        for moment in MOMENTS:
            yield "an extreme or naive moment", moment, True
        yield "an empty text", "", True
        yield "a line break at the end", f"{value or 'a'}\n", True
        yield "another script and a direction mark", "机器\u202e\U0001f9ca", True
    if isinstance(value, int) and not isinstance(value, bool):
        yield "a fraction", 1.5, False
        yield "a text with digits", "1", False


def queries(one: Operation) -> Iterator[Sent]:
    """Query parameters beyond their bounds, unknown, repeated, undecodable."""
    path, headers = path_of(one), usual_headers(one)
    known = parameters_of(one, "query")
    reads = one.query is not None
    tries = [
        ("a negative limit", "limit=-1", not reads),
        ("no rows at all", "limit=0", not reads),
        ("a limit in powers of ten", "limit=1e20", not reads),
        ("a limit beyond every number", "limit=99999999999999999999999", not reads),
        ("a limit of words", "limit=all", not reads),
        ("a limit twice", "limit=1&limit=2", not reads),
        ("a NUL as cursor", "cursor=%00", not reads),
        ("a cursor of nobody", "cursor=bm9wZQ", True),
        ("an unknown parameter", "parameter_of_nobody=1", not reads),
        ("bytes that are no UTF-8", "%ff=%fe", not reads),
        ("half an escape", "limit=%", not reads),
        ("nothing but separators", "&&==&;", True),
        ("60,000 characters", f"cursor={'a' * 60_000}", not reads),
    ]
    for why, query, accepted in tries:
        yield Sent(why, f"{path}?{query}", b"", headers, accepted=accepted)
    required = "&".join(f"{name}=something" for name, schema in known.items() if "default" not in schema)
    for name in known:
        for value in ("%00", "a%00b", "%ff", "-1", "1e400", str(2**63), "null", *MOMENTS, "x" * 5000, "%0a", "机"):
            yield Sent(f"{value[:30]} as {name}", f"{path}?{name}={value.replace('+', '%2B')}", b"", headers)
        yield Sent(f"{name} twice", f"{path}?{required}&{name}=1&{name}=1", b"", headers, accepted=False)


def paths(one: Operation) -> Iterator[Sent]:
    """Garbage where the path has an id or a name."""
    headers = usual_headers(one)
    for name in parameters_of(one, "path"):
        for value in (
            "not-an-id",
            "%00",
            "%ff",
            "..%2f..%2fetc%2fpasswd",
            "%0a",
            "null",
            "-1",
            str(2**70),
            "x" * 3000,
            "%F0%9F%A7%8A",
            "0" * 32,
            "{}",
            "'%20OR%20'1'='1",
        ):
            yield Sent(f"{value[:30]} as {name}", path_of(one, **{name: value}), usual_body(one), headers)


def keys(one: Operation) -> Iterator[tuple[str, str | bytes | None]]:
    """Idempotency keys that are none."""
    yield "no key", None
    yield "an empty key", ""
    yield "129 characters", "k" * 129
    yield "a space", "two words"
    yield "bytes beyond ASCII", b"cl\xc3\xa9"
    yield "a control character", b"a\x01b"


def credentials() -> Iterator[tuple[str, dict[str, str | bytes]]]:
    """Credentials that are none."""
    yield "no credentials", {}
    yield "a bearer of nothing", {"authorization": "Bearer"}
    yield "a bearer of a blank", {"authorization": "Bearer  "}
    yield "an unknown bearer", {"authorization": f"Bearer {'x' * 43}"}
    yield "another scheme", {"authorization": "Basic YWRhOmFkYQ=="}
    yield "bytes beyond ASCII", {"authorization": b"Bearer \xff\xfe\xc3\xa9aaaaaaaaaaaaaaaaaaaa"}
    yield "an endless token", {"authorization": f"Bearer {'x' * 20_000}"}
    yield "a cookie of nonsense", {"cookie": b"__Host-fieldstone=\xff; =; ;;;\x01"}
    yield "an unknown cookie", {"cookie": f"__Host-fieldstone={'x' * 43}"}
    yield "a NUL in the token", {"authorization": b"Bearer aaaaaaaaaaaaaaaa\x00aaaaaaaa"}
