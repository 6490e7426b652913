"""Hostile input to every operation: never a 5xx, always an answer of the contract, never slow."""

from uuid import UUID, uuid4

import pytest

from api.operation import PUBLIC, Operation
from tests.api.contract import ALL, Sent, caller_of, is_json, name_of, path_of, send, usual_body, usual_headers
from tests.api.hostile import bodies, credentials, fields, keys, paths, queries
from tests.cast import Caller, Cast

pytestmark = pytest.mark.untraced

READS = [one for one in ALL if one.method == "GET"]


def each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("one", operations, ids=name_of)


def key_of(one: Operation) -> str | None:
    return None if one.method == "GET" else uuid4().hex


@each(ALL)
async def test_the_example_of_the_contract_is_understood(
    one: Operation, cast: Cast, nobody: Caller, planted: dict[str, UUID]
) -> None:
    caller = caller_of(one, cast, nobody)
    sent = Sent("its own example", path_of(one), usual_body(one), usual_headers(one))
    response = await send(caller, one, sent, key_of(one))
    assert response.status_code not in (400, 413, 415), response.text
    if is_json(one):
        real = Sent(
            "its example about real things", path_of(one, **planted), usual_body(one, planted), usual_headers(one)
        )
        await send(caller, one, real, key_of(one))


@each([one for one in ALL if one.body is not None])
async def test_no_body_breaks_it_and_what_it_accepted_can_be_read_back(
    one: Operation, cast: Cast, nobody: Caller, planted: dict[str, UUID]
) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in bodies(one):
        await send(caller, one, sent, key_of(one))
    if not is_json(one):
        return
    for sent in fields(one, planted):
        await send(caller, one, sent, key_of(one))
    for read in READS:
        if read.by is not PUBLIC and read.tag == one.tag:
            reader = caller_of(read, cast, nobody)
            await send(reader, read, Sent("what was accepted", path_of(read, **planted)), None)


@each(ALL)
async def test_no_path_query_key_or_credential_breaks_it(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in (*queries(one), *paths(one)):
        await send(caller, one, sent, key_of(one))
    if one.command is not None:
        await _without_a_proper_key(one, caller)
    if one.by is not PUBLIC:
        await _without_credentials(one, nobody)


async def _without_a_proper_key(one: Operation, caller: Caller) -> None:
    for why, key in keys(one):
        headers = usual_headers(one)
        if key is not None:
            headers["idempotency-key"] = key
        sent = Sent(why, path_of(one), usual_body(one), headers, accepted=False)
        response = await send(caller, one, sent, None)
        assert response.json()["code"] == "idempotency-key-missing"


async def _without_credentials(one: Operation, nobody: Caller) -> None:
    for why, headers in credentials():
        given = {**usual_headers(one), "origin": "http://fieldstone.test", **headers}
        sent = Sent(why, path_of(one), usual_body(one), given, accepted=False)
        response = await send(nobody, one, sent, key_of(one))
        assert response.status_code == 401, why
