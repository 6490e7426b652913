"""The OpenAPI 3.1 document, written from the declared operations and the Structs themselves."""

import functools
import json
import re
from typing import Any

import msgspec

import api.routes.everything  # noqa: F401 - declares the operations
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

_REF = "#/components/schemas/{name}"
_BOUNDS: dict[str, dict[str, Any]] = {
    "string": {"maxLength": 4_000_000},
    "integer": {"minimum": -(2**53), "maximum": 2**53},
}


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
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(openapi_path(one.path), {})[one.method.lower()] = _operation(one, schema_of, components)
    whole = {
        "openapi": "3.1.0",
        "info": {
            "title": "Fieldstone",
            "version": "0.1.0",
            "summary": "After-sales field service: job sheets, a warranty claim gate, service reports.",
            "description": (
                "Writes need an Idempotency-Key: the same key with the same body gets the first answer again. "
                "Lists are keyset pages. Every refusal is application/problem+json."
            ),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({one.tag for one in operations})],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An opaque access token."},
                "browser": {"type": "apiKey", "in": "cookie", "name": "__Host-fieldstone"},
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
    if one.query is not None or one.params is not None or one.body is not None:
        found += [InvalidRequest]
    if one.params is not None:
        found += [NoSuchRoute]
    if one.body is not None or one.body_media != "application/json":
        found += [MalformedRequest, BodyTooLarge, WrongMediaType]
    if one.method != "GET" and one.by is PUBLIC:
        found += [TooMany]
    return tuple(sorted(set(found), key=lambda cls: (status_of(cls), cls.code)))


def _shapes(operations: list[Operation]) -> list[Any]:
    shapes: dict[str, Any] = {str(ProblemBody): ProblemBody}
    for one in operations:
        for shape in (one.body, one.answer):
            if shape is not None and shape not in (str, bytes):
                shapes[str(shape)] = shape
        for inputs in (one.query, one.params):
            if inputs is not None:
                shapes[str(inputs)] = inputs
    return list(shapes.values())


def _operation(one: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    who = "anybody" if one.by is PUBLIC else ", ".join(sorted(one.by))
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
        found["requestBody"] = {"required": True, "content": _content(one, schema_of)}
    found["responses"] = _responses(one, schema_of)
    return found


def _content(one: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    if one.body is bytes:
        binary = {"type": "string", "format": "binary", "maxLength": one.body_bytes_max}
        return {media: {"schema": binary} for media in one.body_media.split("|")}
    content: dict[str, Any] = {"schema": schema_of[str(one.body)]}
    if one.example is not None:
        content["examples"] = {"usual": {"value": msgspec.to_builtins(one.example)}}
    return {one.body_media: content}


def _parameters(one: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, shape in (("path", one.params), ("query", one.query)):
        if shape is None:
            continue
        schema = components[schema_of[str(shape)]["$ref"].rsplit("/", 1)[1]]
        required = schema.get("required", [])
        for name, part in schema["properties"].items():
            found.append({"name": name, "in": place, "required": name in required or place == "path", "schema": part})
    if IdempotencyKeyMissing in one.problems:
        key = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": r"^[\x21-\x7e]+$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    return found


def _responses(one: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in one.statuses:
        described = {200: "Done, or the first answer again.", 201: "Created.", 202: "Received; decided later."}
        response: dict[str, Any] = {"description": described.get(status, "Done.")}
        if one.answer is not None:
            response["content"] = {media: _answered(one, media, schema_of) for media in one.media.split("|")}
        found[str(status)] = response
    if one.etag:
        found["304"] = {"description": "Nothing changed since the ETag in If-None-Match."}
    for status, classes in _by_status(problems_of(one)).items():
        schema = {"allOf": [schema_of[str(ProblemBody)], {"properties": {"code": {"enum": [c.code for c in classes]}}}]}
        examples = {
            c.code: {"summary": c.title, "value": {"type": f"/problems/{c.code}", "title": c.title, "status": status}}
            for c in classes
        }
        titles = " ".join(f"{c.title}." for c in classes)
        found[str(status)] = {"description": titles, "content": {MEDIA: {"schema": schema, "examples": examples}}}
    return found


def _answered(one: Operation, media: str, schema_of: dict[str, Any]) -> dict[str, Any]:
    if media != "application/json":
        return {"schema": {"type": "string"}}
    content: dict[str, Any] = {"schema": {"type": "object"} if one.answer is str else schema_of[str(one.answer)]}
    if one.example_answer is not None:
        content["examples"] = {"usual": {"value": msgspec.to_builtins(one.example_answer)}}
    return content


def _by_status(problems: tuple[type[Problem], ...]) -> dict[int, list[type[Problem]]]:
    found: dict[int, list[type[Problem]]] = {}
    for cls in problems:
        found.setdefault(status_of(cls), []).append(cls)
    return found


def _bound(node: Any) -> None:
    """Give what the product itself answers its outer bounds; what comes in is bounded where it is declared."""
    if isinstance(node, list):
        for part in node:
            _bound(part)
    elif isinstance(node, dict):
        for name, bounds in _BOUNDS.items():
            if node.get("type") == name and "enum" not in node and "format" not in node:
                for bound, value in bounds.items():
                    node.setdefault(bound, value)
        for name, part in node.items():
            if name not in ("examples", "example"):
                _bound(part)
