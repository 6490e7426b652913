"""Hostile input to every operation: never a 5xx, always an answer of the contract, never slow."""

from uuid import UUID, uuid4

import pytest

from api.operation import PUBLIC, Operation
from tests.api.contract import ALL, Sent, caller_of, is_json, name_of, path_of, send, usual_body, usual_headers
from tests.api.hostile import bodies, credentials, fields, keys, paths, queries
from tests.cast import Caller, Cast

READS = [one for one in ALL if one.method == "GET"]


def each(operations: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("one", operations, ids=name_of)


def key_of(one: Operation) -> str | None:
    return None if one.method == "GET" else uuid4().hex


@each(ALL)
async def test_the_example_of_the_contract_is_understood(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    sent = Sent("its own example", path_of(one), usual_body(one), usual_headers(one))
    response = await send(caller, one, sent, key_of(one))
    assert response.status_code not in (400, 413, 415), response.text


@each([one for one in ALL if one.body is not None])
async def test_a_body_that_is_not_this_operation_s_is_refused(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in bodies(one):
        await send(caller, one, sent, key_of(one))


@each([one for one in ALL if is_json(one)])
async def test_no_field_breaks_it_and_what_it_accepted_can_be_read_back(
    one: Operation, cast: Cast, nobody: Caller, planted: dict[str, UUID]
) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in fields(one, planted):
        await send(caller, one, sent, key_of(one))
    for read in READS:
        if read.by is not PUBLIC:
            reader = caller_of(read, cast, nobody)
            await send(reader, read, Sent("what was accepted", path_of(read, **planted)), None)


@each([one for one in ALL if is_json(one)])
async def test_the_example_about_real_things_is_understood(
    one: Operation, cast: Cast, nobody: Caller, planted: dict[str, UUID]
) -> None:
    sent = Sent("its own example", path_of(one, **planted), usual_body(one, planted), usual_headers(one))
    await send(caller_of(one, cast, nobody), one, sent, key_of(one))


@each(ALL)
async def test_no_query_breaks_it(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in queries(one):
        await send(caller, one, sent, key_of(one))


@each([one for one in ALL if one.params is not None])
async def test_no_path_breaks_it(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    for sent in paths(one):
        await send(caller, one, sent, key_of(one))


@each([one for one in ALL if one.command is not None])
async def test_a_command_without_a_proper_key_is_refused(one: Operation, cast: Cast, nobody: Caller) -> None:
    caller = caller_of(one, cast, nobody)
    for why, key in keys(one):
        headers = usual_headers(one)
        if key is not None:
            headers["idempotency-key"] = key
        sent = Sent(why, path_of(one), usual_body(one), headers, accepted=False)
        response = await send(caller, one, sent, None)
        assert response.json()["code"] == "idempotency-key-missing"


@each([one for one in ALL if one.by is not PUBLIC])
async def test_credentials_that_are_none_admit_nobody(one: Operation, nobody: Caller) -> None:
    for why, headers in credentials():
        given = {**usual_headers(one), "origin": "http://fieldstone.test", **headers}
        sent = Sent(why, path_of(one), usual_body(one), given, accepted=False)
        response = await send(nobody, one, sent, key_of(one))
        assert response.status_code == 401, why
