"""The state table of claims, walked through whole: every state and every command."""

from typing import Any, get_args

import pytest

from api.context import Context
from domain.claims import standing
from domain.claims.facts import ClaimState
from domain.claims.model import CLAIM_STATES
from domain.claims.ruling import MOVES_OF
from domain.claims.standing import (
    CLOSED,
    LIVE,
    MOVES,
    OUT_OF_COVER,
    WAITING,
    Decision,
    DecisionReason,
    Move,
    fits,
    share,
    state_of,
)
from tests.cast import Cast
from tests.claims.reviewing import APPROVE, REFUSE, SEND_BACK, lines_by_kind, manager, run, waiting
from tests.claims.visits import claims

SAID = {"note": "look again"}


async def test_every_command_in_every_state_does_what_the_table_says(context: Context, cast: Cast) -> None:
    mia = await manager(context, cast)
    _, claim = await waiting(context, cast)
    line = (await lines_by_kind(context, claim.id))["labour"]
    one = {"claim_id": str(claim.id), "line_id": str(line.id)} | SAID
    some = {"claim_id": str(claim.id), "line_ids": [str(line.id)]} | SAID

    def ruled(**ruling: Any) -> dict[str, Any]:
        return {"claim_id": str(claim.id), "lines": [{"line_id": str(line.id), **ruling}]}

    in_part = {"decision": "approve_in_part", "reason": "excessive-labour", "approved_minutes": 5}
    commands: list[tuple[Move, Any, str, dict[str, Any]]] = [
        ("approve", cast.rex, "/claims/decide", ruled(**APPROVE)),
        ("approve", cast.rex, "/claims/decide", ruled(**in_part)),
        ("refuse", cast.rex, "/claims/decide", ruled(**REFUSE)),
        ("send_back", cast.rex, "/claims/decide", ruled(**SEND_BACK)),
        ("answer", cast.pam, "/claims/answer", some),
        ("appeal", cast.pam, "/claims/appeal", one),
        ("withdraw", cast.pam, "/claims/withdraw", {"claim_id": str(claim.id)}),
        ("pay", mia, "/claims/pay", {"claim_ids": [str(claim.id)]}),
    ]
    assert {move for move, *_ in commands} == set(get_args(Move)) == set(MOVES)
    await run(context, "DELETE FROM claim_line WHERE id <> :id", id=line.id)
    wrong: list[str] = []
    for state in CLAIM_STATES:
        for move, who, path, body in commands:
            await run(context, "UPDATE claim_line SET state = :s, appealed = false, approved_minor = NULL", s=state)
            await run(context, "UPDATE claim SET state = :s, appealed = false, scored_at = now()", s=state)
            response = await who.post(path, body)
            (after,) = await claims(context)
            stands = (await lines_by_kind(context, claim.id))["labour"].state
            wanted = MOVES[move].get(state)
            if (move, state) == ("approve", "refused"):
                wanted = None  # by goodwill only, and this one is in cover
            outcomes = {one["outcome"] for one in response.json().get("claims", [])} if move == "pay" else {"paid"}
            refused = response.status_code == 409 or outcomes != {"paid"}
            if refused != (wanted is None) or {after.state, stands} != {wanted or state}:
                wrong.append(f"{move} in {state}: {response.status_code} {after.state} {stands} {response.text[:80]}")
    assert wrong == []


def test_the_table_knows_the_states_of_the_database() -> None:
    assert set(CLAIM_STATES) == set(get_args(ClaimState))
    assert {state for moves in MOVES.values() for pair in moves.items() for state in pair} == set(CLAIM_STATES)
    assert set(MOVES_OF) == set(get_args(Decision))


def test_the_moves_are_those_of_the_drawn_table() -> None:
    assert standing.__doc__ is not None
    drawn = [line.replace("*", " ").replace("+", " ").split() for line in standing.__doc__.splitlines()]
    states = next(words for words in drawn if words[:1] == ["accepted"])
    moves = {words[0]: words[1:] for words in drawn if len(words) == len(states) + 1 and "-" in words}
    found = {
        move: {state: to for state, to in zip(states, row, strict=True) if to != "-"} for move, row in moves.items()
    }
    assert found == MOVES


def test_the_kinds_of_states_follow_from_the_moves() -> None:
    assert MOVES["refuse"].keys() == WAITING
    assert MOVES["pay"].keys() == LIVE
    assert set(CLAIM_STATES) - {state for moves in MOVES.values() for state in moves} == CLOSED
    assert {"not-covered", "not-claimable", "submitted-late"} == OUT_OF_COVER


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["in_review", "approved", "sent_back"], "in_review"),
        (["sent_back", "approved", "refused"], "sent_back"),
        (["accepted", "refused"], "approved"),
        (["approved", "paid"], "approved"),
        (["paid", "refused"], "paid"),
        (["refused", "refused"], "refused"),
        (["withdrawn", "withdrawn"], "withdrawn"),
        (["withdrawn", "refused"], "refused"),
    ],
)
def test_a_claim_follows_its_lines(lines: list[str], state: str) -> None:
    assert state_of(lines) == state


def test_each_reason_fits_some_decision() -> None:
    reasons = get_args(DecisionReason)
    assert all(any(fits(decision, reason) for decision in get_args(Decision)) for reason in reasons)
    assert [reason for reason in reasons if fits("approve", reason)] == [
        "evidence-convincing",
        "goodwill",
        "within-authorisation",
        "other",
    ]
    assert not fits("refuse", "goodwill")
    assert fits("approve_in_part", "goodwill")
    assert [reason for reason in reasons if fits("refuse", reason) and fits("approve", reason)] == ["other"]


@pytest.mark.parametrize(
    ("amount", "granted", "asked", "expected"), [(4500, 40, 60, 3000), (100, 1, 3, 33), (200, 1, 3, 67), (1, 1, 2, 1)]
)
def test_a_part_of_an_amount_is_rounded_half_up(amount: int, granted: int, asked: int, expected: int) -> None:
    assert share(amount, granted, asked) == expected
