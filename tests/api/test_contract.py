"""The OpenAPI document says everything about every operation, and every value in it is bounded."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from api import built, bulk_prints
from api.openapi import MOMENT_NAMES, RETRIED, ProblemBody, document_bytes, openapi_path, problems_of
from api.operation import OPERATIONS, PUBLIC, Operation, add
from api.problems import MEDIA, status_of
from domain.commands import ACTIONS
from domain.kit.actor import Role
from domain.kit.limits import idempotency_key_max
from domain.kit.problem import every_problem
from tests.api.contract import ALL, contract, described, is_json, name_of
from tests.cast import Cast

OUTGOING_TEXT_MAX = 4_000_000
OUTGOING_MINIMUM = -(2**53)
"""What the document says of values that the product itself answers; what comes in has bounds of its own."""
every = pytest.mark.parametrize("one", ALL, ids=name_of)


@every
def test_an_operation_says_what_it_does_for_whom_and_how_it_may_fail(one: Operation) -> None:
    said = described(one)
    assert len(said["summary"]) >= 8
    assert said["summary"][0].isupper()
    assert said["description"]
    assert said["x-for"] == sorted(one.by)
    assert (said["security"] == []) is (one.by is PUBLIC)
    assert any(status.startswith(("2", "3")) for status in said["responses"])
    for problem in problems_of(one):
        told = said["responses"][str(status_of(problem))]["content"][MEDIA]
        assert problem.code in told["schema"]["allOf"][1]["properties"]["code"]["enum"]
        assert told["examples"][problem.code]["summary"] == problem.title
        assert problem.__name__ not in (problem.title, ""), "a problem's docstring is its title"
    if one.by is not PUBLIC:
        assert {"401", "403"} <= said["responses"].keys()
    assert "500" in said["responses"]


@every
def test_an_answer_that_leads_elsewhere_has_no_content(one: Operation) -> None:
    responses = described(one)["responses"]
    assert [status for status, said in responses.items() if status.startswith("3") and "content" in said] == []


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/print-jobs/{id:uuid}/file", bulk_prints.MEDIA),
        ("/app/{name:str}", built.MEDIA),
        ("/desk/{name:str}", built.MEDIA),
    ],
)
def test_the_contract_names_every_kind_of_file_that_is_served(path: str, served: dict[str, str]) -> None:
    told = described(OPERATIONS["GET", path])["responses"]["200"]["content"]
    assert told.keys() == {*served.values()}


@every
def test_a_body_has_a_schema_and_an_example_that_fits(one: Operation) -> None:
    if one.body is None:
        assert "requestBody" not in described(one)
        return
    content = described(one)["requestBody"]["content"]
    assert set(content) == set(one.body_media.split("|"))
    if one.body is bytes:
        return
    assert all("examples" in part for part in content.values())
    shown = content[one.body_media]["examples"]["usual"]["value"]
    assert json.loads(json.dumps(shown)) == json.loads(msgspec.json.encode(one.example))
    if is_json(one):
        assert msgspec.json.decode(json.dumps(shown), type=one.body) == one.example
    else:
        assert msgspec.convert(shown, one.body, strict=False) == one.example


@every
def test_an_answer_has_an_example_that_fits(one: Operation) -> None:
    shown = [
        part["examples"]["usual"]["value"]
        for status, told in described(one)["responses"].items()
        for media, part in told.get("content", {}).items()
        if status.startswith("2") and media == "application/json" and one.answer is not str
    ]
    for value in shown:
        msgspec.json.decode(json.dumps(value), type=one.answer)
    told_in_json = "application/json" in one.media.split("|") and one.answer not in (None, str)
    assert bool(shown) is told_in_json


@every
def test_a_refusal_has_examples_that_are_whole_problems(one: Operation) -> None:
    for status, told in described(one)["responses"].items():
        for code, example in told.get("content", {}).get(MEDIA, {}).get("examples", {}).items():
            problem = msgspec.convert(example["value"], ProblemBody)
            assert (problem.code, problem.status) == (code, int(status))
        assert ("Retry-After" in told.get("headers", {})) is (int(status) in RETRIED)


@every
def test_every_parameter_is_described(one: Operation) -> None:
    parameters = described(one).get("parameters", [])
    assert [part["name"] for part in parameters if len(part["description"]) < 10] == []
    assert ("If-None-Match" in {part["name"] for part in parameters}) is one.etag


def test_every_moment_that_goes_out_says_that_it_is_one() -> None:
    """The document knows moments by their names; this holds the names to the types."""
    for told in msgspec.inspect.multi_type_info([one.answer for one in ALL if one.answer not in (None, str, bytes)]):
        for shape, field in _fields(told):
            kinds = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
            is_moment = any(isinstance(kind, msgspec.inspect.DateTimeType) for kind in kinds)
            is_text = any(isinstance(kind, msgspec.inspect.StrType) for kind in kinds)
            named = MOMENT_NAMES.fullmatch(field.encode_name) is not None
            assert named if is_moment else not (named and is_text), f"{shape}.{field.encode_name}"


def _fields(told: Any, seen: set[type] | None = None) -> Iterator[tuple[str, msgspec.inspect.Field]]:
    seen = set() if seen is None else seen
    if isinstance(told, msgspec.inspect.StructType):
        if told.cls in seen:
            return
        seen.add(told.cls)
        for field in told.fields:
            yield told.cls.__name__, field
            yield from _fields(field.type, seen)
    for part in (
        *getattr(told, "types", ()),
        *getattr(told, "item_types", ()),
        getattr(told, "item_type", None),
        getattr(told, "value_type", None),
    ):
        if part is not None:
            yield from _fields(part, seen)


def test_shapes_have_names_that_a_client_can_use() -> None:
    """Two shapes of one name are told apart by their modules, which are nobody's business outside."""
    assert [name for name in contract()["components"]["schemas"] if not name.isidentifier()] == []


def test_no_list_says_that_it_has_no_further_items() -> None:
    """Its length says so; ``items: false`` is right, and breaks generators of clients."""
    assert [place for place, node in nodes(contract()) if node.get("items") is False] == []


def test_every_command_has_one_operation_which_needs_a_key() -> None:
    carried = [one.command for one in ALL if one.command is not None]
    assert len(carried) == len({id(action) for action in carried})
    ours = [action for action in ACTIONS.values() if action.by != {Role.SYSTEM}]
    assert [action.tag for action in ours if action not in carried] == [], "only what no person does has no operation"
    for one in ALL:
        if one.command is not None:
            key = next(part for part in described(one)["parameters"] if part["name"] == "Idempotency-Key")
            assert key["required"]
            assert key["schema"]["maxLength"] == idempotency_key_max
            assert {"idempotency-key-missing"} <= _codes(one, "400")
            assert {"operation-id-reused"} <= _codes(one, "422")


def _codes(one: Operation, status: str) -> set[str]:
    schema = described(one)["responses"][status]["content"][MEDIA]["schema"]
    return set(schema["allOf"][1]["properties"]["code"]["enum"])


def test_operations_have_names_of_their_own() -> None:
    names = [one.name for one in ALL]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
    assert [one.path for one in ALL if not re.fullmatch(r"/[A-Za-z0-9/{}:_.\-]*", one.path)] == []
    assert {method for method, _ in OPERATIONS} <= {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"}


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema-like part of the document, with its place; examples are none."""
    if isinstance(node, list):
        for index, part in enumerate(node):
            yield from nodes(part, f"{place}/{index}")
    elif isinstance(node, dict):
        yield place, node
        for name, part in node.items():
            if name not in ("examples", "example", "default", "enum", "const"):
                yield from nodes(part, f"{place}/{name}")


def incoming() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of what comes in: parameters, bodies, and the components they refer to."""
    whole = contract()
    waiting: list[tuple[str, Any]] = []
    for path, methods in whole["paths"].items():
        for method, said in methods.items():
            waiting.append((f"{method} {path} parameters", said.get("parameters", [])))
            waiting.append((f"{method} {path} body", said.get("requestBody", {})))
    seen: set[str] = set()
    while waiting:
        place, part = waiting.pop()
        for where, node in nodes(part, place):
            yield where, node
            ref = node.get("$ref")
            if isinstance(ref, str) and ref not in seen:
                seen.add(ref)
                name = ref.rsplit("/", 1)[1]
                waiting.append((name, whole["components"]["schemas"][name]))


def unbounded(node: dict[str, Any]) -> str:
    """Why a value of this schema might be anything, or ''."""
    kind = node.get("type")
    if "enum" in node or "const" in node:
        return ""
    if kind == "string" and node.get("format") in ("date-time", "date"):
        return "" if {"x-minimum", "x-maximum"} <= node.keys() else "a moment or day without bounds"
    if kind == "string" and node.get("format") == "binary":
        return "" if "maxLength" in node else "a file without a bound"
    if kind == "string" and node.get("format") not in ("uuid",):
        return "" if node.get("maxLength", OUTGOING_TEXT_MAX) < OUTGOING_TEXT_MAX else "a text without a bound"
    if kind in ("integer", "number"):
        return "" if node.get("minimum", OUTGOING_MINIMUM) > OUTGOING_MINIMUM else "a number without bounds"
    if kind == "array":
        return "" if "maxItems" in node else "a list without a bound"
    return ""


def test_every_value_that_comes_in_is_bounded() -> None:
    found = [f"{place}: {why}" for place, node in incoming() if (why := unbounded(node))]
    assert found == []


def test_every_text_that_comes_in_excludes_nul() -> None:
    found = [
        place
        for place, node in incoming()
        if node.get("type") == "string" and "format" not in node and "enum" not in node and "pattern" not in node
    ]
    assert found == []


def test_every_text_and_number_that_goes_out_is_bounded() -> None:
    found = [
        place
        for place, node in nodes(contract()["components"]["schemas"])
        if node.get("type") in ("string", "integer", "number")
        and not {"format", "enum", "const"} & node.keys()
        and not {"maxLength", "maximum"} & node.keys()
    ]
    assert found == []


def test_objects_that_come_in_are_closed() -> None:
    """An unknown key is refused, so that a misspelt one is not lost in silence."""
    found = [
        place
        for place, node in incoming()
        if node.get("type") == "object" and node.get("properties") and node.get("additionalProperties") is not False
    ]
    allowed = {openapi_path(one.path) for one in ALL if one.params is not None}
    assert [place for place in found if place.split(" ")[-1] not in allowed] == []


def test_every_reference_leads_somewhere() -> None:
    whole = contract()
    for place, node in nodes(whole):
        if isinstance(node.get("$ref"), str):
            assert node["$ref"].rsplit("/", 1)[1] in whole["components"]["schemas"], place


async def test_the_document_and_the_problems_are_served(cast: Cast) -> None:
    served = await cast.ada.get("/schema")
    assert served.json()["openapi"] == "3.1.0"
    assert served.content == document_bytes()
    listed = (await cast.ada.get("/problems")).text
    for code in every_problem():
        page = await cast.ada.get(f"/problems/{code}")
        assert page.status_code == 200
        assert f"| `{code}` |" in page.text
        assert f"| `{code}` |" in listed


async def test_an_unknown_problem_is_not_found(cast: Cast) -> None:
    response = await cast.ada.get("/problems/no-problem-of-ours")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_a_method_at_a_path_is_declared_once() -> None:
    with pytest.raises(RuntimeError, match="declared twice"):
        add(next(iter(OPERATIONS.values())))
