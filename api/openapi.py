"""The OpenAPI 3.1 document, written from the declared operations and the Structs themselves."""

import functools
import json
import re
from typing import Any

import msgspec

import api.routes.everything  # noqa: F401 - declares the operations
from api.examples import example_of
from api.operation import OPERATIONS, PUBLIC, Operation
from api.problems import MEDIA, IdempotencyKeyMissing, NoSuchRoute, ServerDefect, status_of
from domain.kit.limits import Count, Line, Note, Word
from domain.kit.problem import (
    BodyTooLarge,
    Busy,
    InvalidRequest,
    MalformedRequest,
    NotAllowed,
    NotSignedIn,
    Problem,
    TooMany,
    WrongMediaType,
)
from domain.people.sessions import PartnerSuspended

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
RETRIED = frozenset({412, 429, 503})
"""Statuses that say with Retry-After when to come again."""
_REF = "#/components/schemas/{name}"
_BOUNDS: dict[str, dict[str, Any]] = {
    "string": {"maxLength": 4_000_000},
    "integer": {"minimum": -(2**53), "maximum": 2**53},
}
_PARAMETERS = {
    "Idempotency-Key": "Made anew for each write; the same key with the same body gets the first answer again.",
    "If-None-Match": "The ETag of the answer you have; 304 when it still holds.",
    "account_id": "Only this person's.",
    "after": "The later revision.",
    "appealed": "Only what its partner appealed against, or only what it did not.",
    "before": "The earlier revision.",
    "claim_id": "Only of this claim.",
    "code": "The code in the address.",
    "cursor": "`next` of the page before; none for the first page. It belongs to one list with the same filters.",
    "by": "What to sum by: `rule`, `partner` or `month`.",
    "customer": "Words of the customer's name, or how the number begins.",
    "decision": "`waiting`, `accepted` or `declined`.",
    "day": "The day as the jobs' sites count days; today when it is not given.",
    "feed": "`catalogue`: parts and models; `codes`: fault codes and labour operations.",
    "file_name": "The file's name on your side, for people to recognise it by.",
    "needs_second": "Only what a second person must confirm, or only what none must.",
    "overdue": "Instead of what waits: what was sent back and not answered in time.",
    "rule": "Only what this rule did not let pass, such as `D11`.",
    "from": "From this moment or day on; of jobs, when they are required.",
    "gtin": "The GTIN in the address of a label.",
    "id": "The id that a list or a write answered.",
    "job_id": "Only of this job.",
    "kind": "What the rows are, such as `units`.",
    "number": "Only the claim with this number, or those on the job with it.",
    "lane": "How the gate decided; for the office only.",
    "language": "The language of the headings: `en` or `zh`.",
    "limit": "How many rows a page has at most.",
    "model": "The code of a model, such as `HP6`.",
    "name": "The name of the file.",
    "partner_id": "Only this partner's.",
    "phone": "A phone number, with or without the country, however it is written.",
    "programme_id": "Of this programme.",
    "role": "Only people of this role.",
    "search": "Words that the code, number or name contains.",
    "serial": "A serial, or how it begins where a list is asked for; blanks, dashes and capitals do not matter.",
    "sha256": "The name of a chunk: the SHA-256 of its JSON.",
    "state": "Only those in this state.",
    "status": "Only those that stand so.",
    "technician_id": "Only this technician's.",
    "to": "Before this moment; of days, this one included.",
    "token": "The text in the QR of a report.",
    "Tus-Resumable": "The version of tus that the client speaks.",
    "unit_id": "Only on this unit.",
    "Upload-Checksum": "`sha256` or `sha1`, a blank, and the digest of this body in base64.",
    "Upload-Length": "All bytes of the upload.",
    "Upload-Metadata": "`id` (a UUID, yours) and `sha256` (hex), each with its value in base64, divided by commas.",
    "Upload-Offset": "Where this body begins: what the upload's Upload-Offset said last.",
    "waiting": "`true`: what waits for somebody; `false`: what somebody dealt with; both when it is not given.",
    "webhook_id": "Only to this webhook.",
    "X-HTTP-Method-Override": "The method that this one stands for.",
    "visit_id": "Of this visit.",
}
_FILE = {"type": "string", "format": "binary"}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait before the same request.", "schema": {"type": "integer"}}
}
_ETAG = {"ETag": {"description": "Send it as If-None-Match next time.", "schema": {"type": "string"}}}
_REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true` when the key was known and this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_ANSWERED = {
    "Location": "Where it is.",
    "Tus-Checksum-Algorithm": "The algorithms of Upload-Checksum.",
    "Tus-Extension": "The extensions of tus that are spoken.",
    "Tus-Max-Size": "The most bytes of one upload.",
    "Tus-Resumable": "The version of tus that was spoken.",
    "Tus-Version": "The versions of tus that are spoken.",
    "Upload-Expires": "Until then an unfinished upload is kept.",
    "Upload-Length": "All bytes of the upload.",
    "Upload-Offset": "How many bytes are kept.",
}
_ABOUT = """\
Sign in with `POST /sign-in` and send the access token as `Authorization: Bearer …`; it lasts ten minutes, then
`POST /sign-in/refresh` gives the next one. A partner's own system sends an API key of its office the same way, where
the description says so. Nothing is open to everybody unless its description says so.

A write needs an `Idempotency-Key`: the same key with the same body gets the first answer again, so a request whose
answer was lost is simply sent again. A write that is received but not yet decided answers 202.

Every refusal is `application/problem+json` (RFC 9457): `code` is stable and `type` leads to its explanation; after
429 and 503 wait as long as `Retry-After` says. An unknown field is refused, not ignored.

Lists are pages: `next` is the cursor of the following page and null at the end. Moments are RFC 3339 with a zone, days
are site-local, amounts are in the currency's smallest unit (450 with EUR is 4.50 €), durations in minutes.
"""
MOMENT_NAMES = re.compile(r"(.*_)?(at|from|to|until|server_time)")


class ProblemBody(msgspec.Struct, frozen=True):
    """RFC 9457 problem details; further members are the facts of the case."""

    type: Line
    title: Line
    status: Count
    detail: Note
    code: Word
    request_id: Line


@functools.cache
def document_bytes() -> bytes:
    """Return the document as JSON, two spaces deep, the same bytes on every machine."""
    return (json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=False) + "\n").encode()


def document() -> dict[str, Any]:
    """Return the document."""
    operations = sorted(OPERATIONS.values(), key=lambda one: (one.path, one.method))
    shapes = _shapes(operations)
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    schema_of = dict(zip(map(str, shapes), schemas, strict=True))
    _tell_moments(components)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(openapi_path(one.path), {})[one.method.lower()] = _operation(one, schema_of, components)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fieldstone",
            "version": "0.1.0",
            "summary": "After-sales field service: job sheets, a warranty claim gate, service reports.",
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({one.tag for one in operations})],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An opaque access token."},
                "browser": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-fieldstone",
                    "description": "The same session for our own pages; writes need an Origin of this site.",
                },
            },
        },
    }
    _bound(whole["components"])
    _bound(whole["paths"])
    return whole


def openapi_path(path: str) -> str:
    """Return a route's path without the types of its parts."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def problems_of(one: Operation) -> tuple[type[Problem], ...]:
    """Return every problem an operation can answer with: its own, and those of its kind."""
    found: list[type[Problem]] = [*one.problems, ServerDefect, Busy]
    if one.by is not PUBLIC:
        found += [NotSignedIn, NotAllowed]
    if any(part is not None for part in (one.query, one.params, one.body, one.headers)):
        found += [InvalidRequest]
    if one.params is not None:
        found += [NoSuchRoute]
    if one.body is not None or one.body_media != "application/json":
        found += [MalformedRequest, BodyTooLarge, WrongMediaType]
    if (one.method not in SAFE and one.by is PUBLIC) or one.keys:
        found += [TooMany]
    if one.keys:
        found += [PartnerSuspended]
    return tuple(sorted(set(found), key=lambda cls: (status_of(cls), cls.code)))


def _shapes(operations: list[Operation]) -> list[Any]:
    shapes: dict[str, Any] = {str(ProblemBody): ProblemBody}
    for one in operations:
        for shape in (one.body, one.answer):
            if shape is not None and shape not in (str, bytes):
                shapes[str(shape)] = shape
        for inputs in (one.query, one.params, one.headers):
            if inputs is not None:
                shapes[str(inputs)] = inputs
    return list(shapes.values())


def _operation(one: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    who = "anybody" if one.by is PUBLIC else ", ".join(sorted(one.by))
    if one.keys:
        who += ", or a partner's API key"
    if one.secret:
        who += f", or a machine whose bearer is the setting {one.secret}"
    found: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.description} For: {who}.",
        "security": [] if one.by is PUBLIC else [{"bearer": []}, {"browser": []}],
        "x-for": sorted(one.by),
    }
    parameters = _parameters(one, schema_of, components)
    if parameters:
        found["parameters"] = parameters
    if one.body is not None:
        found["requestBody"] = {"required": not one.body_optional, "content": _content(one, schema_of)}
    found["responses"] = _responses(one, schema_of, components)
    return found


def _content(one: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    if one.body is bytes:
        binary = {"type": "string", "format": "binary", "maxLength": one.body_bytes_max}
        shown = {"examples": {"usual": {"value": one.example}}} if isinstance(one.example, str) else {}
        return {
            media: {"schema": binary, **(shown if media.startswith("text/") else {})}
            for media in one.body_media.split("|")
        }
    content: dict[str, Any] = {"schema": schema_of[str(one.body)]}
    if one.example is not None:
        content["examples"] = {"usual": {"value": msgspec.to_builtins(one.example)}}
    return {one.body_media: content}


def _parameters(one: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, shape in (("path", one.params), ("query", one.query), ("header", one.headers)):
        if shape is None:
            continue
        schema = components[schema_of[str(shape)]["$ref"].rsplit("/", 1)[1]]
        required = schema.get("required", [])
        for name, part in schema["properties"].items():
            found.append(_parameter(name, place, part, required=name in required or place == "path"))
    if IdempotencyKeyMissing in one.problems:
        key = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[\x21-\x7e]+$"}
        found.append(_parameter("Idempotency-Key", "header", key, required=True))
    if one.etag:
        tag = {"type": "string", "maxLength": 400, "pattern": r"^[\x20-\x7e]*$"}
        found.append(_parameter("If-None-Match", "header", tag, required=False))
    return found


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    said = {"name": name, "in": place, "required": required, "description": _PARAMETERS[name]}
    return {**said, "schema": schema}


def _responses(one: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in one.statuses:
        described = {200: "Done, or the first answer again.", 201: "Created.", 202: "Received; decided later."}
        response: dict[str, Any] = {"description": described.get(status, "Done.")}
        if one.etag or one.command is not None:
            response["headers"] = _ETAG if one.etag else _REPLAYED
        if one.answer_headers:
            response["headers"] = {
                name: {"description": _ANSWERED[name], "schema": {"type": "string", "maxLength": 400}}
                for name in one.answer_headers
            }
        if one.answer is not None and status < 300:  # an answer that leads elsewhere has nothing in it
            response["content"] = {
                media: _answered(one, media, schema_of, components) for media in one.media.split("|")
            }
        found[str(status)] = response
    if one.etag:
        found["304"] = {"description": "Nothing changed since the ETag in If-None-Match."}
    for status, classes in _by_status(problems_of(one)).items():
        schema = {"allOf": [schema_of[str(ProblemBody)], {"properties": {"code": {"enum": [c.code for c in classes]}}}]}
        examples = {
            c.code: {"summary": c.title, "value": msgspec.to_builtins(_example_problem(c, status))} for c in classes
        }
        titles = " ".join(f"{c.title}." for c in classes)
        found[str(status)] = {"description": titles, "content": {MEDIA: {"schema": schema, "examples": examples}}}
        if status in RETRIED:
            found[str(status)]["headers"] = _RETRY_AFTER
    return found


def _example_problem(cls: type[Problem], status: int) -> ProblemBody:
    return ProblemBody(
        type=f"/problems/{cls.code}",
        title=cls.title,
        status=status,
        detail=f"{cls.title}.",
        code=cls.code,
        request_id="26cb2868aeef491dbcb0a115866e61eb",
    )


def _answered(one: Operation, media: str, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    if media != "application/json":
        shown = {"examples": {"usual": {"value": one.example_answer}}} if isinstance(one.example_answer, str) else {}
        return {"schema": {"type": "string"} if media.startswith("text/") else _FILE, **shown}
    if one.answer is str:
        return {"schema": {"type": "object"}}
    schema = schema_of[str(one.answer)]
    shown = example_of(schema, components) if one.example_answer is None else msgspec.to_builtins(one.example_answer)
    return {"schema": schema, "examples": {"usual": {"value": shown}}}


def _by_status(problems: tuple[type[Problem], ...]) -> dict[int, list[type[Problem]]]:
    found: dict[int, list[type[Problem]]] = {}
    for cls in problems:
        found.setdefault(status_of(cls), []).append(cls)
    return found


def _tell_moments(components: dict[str, Any]) -> None:
    """Say of every moment in an answer that it is one: by house rule its name says so, its type alone does not."""
    for shape in components.values():
        for name, schema in shape.get("properties", {}).items():
            if MOMENT_NAMES.fullmatch(name):
                for one in schema.get("anyOf", [schema]):
                    if one.get("type") == "string":
                        one.setdefault("format", "date-time")


def _bound(node: Any) -> None:
    """Give what the product itself answers its outer bounds; what comes in is bounded where it is declared."""
    if isinstance(node, list):
        for part in node:
            _bound(part)
    elif isinstance(node, dict):
        if node.get("items") is False:  # the length says so already, and generators of clients stumble over it
            del node["items"]
        for name, bounds in _BOUNDS.items():
            if node.get("type") == name and "enum" not in node and "format" not in node:
                for bound, value in bounds.items():
                    node.setdefault(bound, value)
        for name, part in node.items():
            if name not in ("examples", "example"):
                _bound(part)
