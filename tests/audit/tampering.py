"""What an administrator of the database may try on the chain: each attempt as SQL, and what a check must call it."""

import random
from collections.abc import Callable
from typing import NamedTuple

ENTRIES, BATCH = 60, 10
"""So many are sealed, with a checkpoint behind each ten."""


class Attempt(NamedTuple):
    """Statements, the names that fit what they do, and the first broken entry (None when it has no number)."""

    does: list[str]
    wrong: set[str]
    no: int | None


Draw = Callable[[random.Random], Attempt]
_OF = "op_id = (SELECT op_id FROM audit_chain WHERE no = {no})"
FACTS = {
    "kind": ["'claim.pay'", "kind || chr(10)", "''"],
    "outcome": ["'applied'", "'recorded'"],
    "version": ["2", "-1"],
    "seq": ["7", "0"],
    "device_id": ["actor_id", "gen_random_uuid()"],
    "actor_id": ["gen_random_uuid()"],
    "partner_id": ["gen_random_uuid()"],
    "commitment": ["sha256('x')", "''"],
    "client_at": ["now()", "applied_at"],
    "estimated_at": ["now()"],
    "received_at": ["received_at + interval '1 microsecond'", "'infinity'", "'200000-01-01'"],
    "applied_at": ["applied_at - interval '1 day'", "'-infinity'", "'4000-01-01 BC'"],
}
BODY = {
    "sent": ["sent || ' '", "''"],
    "salt": ["sha256('x')"],
    "answer": ["answer || ' '", "'{}'"],
    "verdict": ["'{\"paid\": true}'", "'null'"],
    "partner_id": ["gen_random_uuid()"],
}
CHECKPOINT = {
    "signature": ["sha256(signature)", "''", "overlay(signature placing '\\x00' from 20)"],
    "signed_at": ["signed_at + interval '1 second'", "'2001-01-01'"],
    "after": ["after + 1", "0 - after - 1"],
    "digest": ["sha256(digest)", "''"],
}


def edit_facts(draw: random.Random) -> Attempt:
    no, column = draw.randint(1, ENTRIES), draw.choice(list(FACTS))
    change = f"UPDATE journal SET {column} = {draw.choice(FACTS[column])} WHERE {_OF.format(no=no)}"
    return Attempt([change], {"edited"}, no)


def edit_body(draw: random.Random) -> Attempt:
    no, column = draw.randint(1, ENTRIES), draw.choice(list(BODY))
    change = f"UPDATE journal_body SET {column} = {draw.choice(BODY[column])} WHERE {_OF.format(no=no)}"
    return Attempt([change], {"edited"}, no)


def edit_content_with_its_commitment(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES)
    body = f"UPDATE journal_body SET sent = 'other' WHERE {_OF.format(no=no)}"
    facts = (
        "UPDATE journal SET commitment = (SELECT sha256(salt || sent) FROM journal_body AS b "
        f"WHERE b.op_id = journal.op_id) WHERE {_OF.format(no=no)}"
    )
    return Attempt([body, facts], {"edited"}, no)


def edit_link(draw: random.Random) -> Attempt:
    no, column = draw.randint(1, ENTRIES), draw.choice(["digest", "told"])
    return Attempt([f"UPDATE audit_chain SET {column} = sha256({column}) WHERE no = {no}"], {"edited"}, no)


def delete_operation(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES)
    tables = draw.choice([["journal"], ["journal", "journal_body"]])
    return Attempt([f"DELETE FROM {table} WHERE {_OF.format(no=no)}" for table in tables], {"deleted"}, no)


def rename_operation(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES)
    return Attempt([f"UPDATE journal SET op_id = gen_random_uuid() WHERE {_OF.format(no=no)}"], {"deleted"}, no)


def delete_links(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES - BATCH)
    count = draw.randint(1, 5)
    does = [f"DELETE FROM audit_chain WHERE no >= {no} AND no < {no + count}"]
    if draw.random() < 0.5:
        does.insert(0, f"DELETE FROM journal WHERE {_OF.format(no=no)}")
    return Attempt(does, {"deleted"}, no)


def delete_links_and_close_the_gap(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES - BATCH - 1)
    gone = delete_links(random.Random(no))
    number = gone.no or 0
    count = int(gone.does[-1].rsplit(" ", 1)[1]) - number
    moved = [
        f"UPDATE audit_chain SET no = no + 1000 WHERE no > {number}",
        f"UPDATE audit_chain SET no = no - {1000 + count} WHERE no > 1000",
    ]
    return Attempt([*gone.does, *moved], {"deleted"}, number)


def swap(column: str, draw: random.Random) -> Attempt:
    one, other = sorted(draw.sample(range(1, ENTRIES + 1), 2))
    if column == "no":
        does = [
            f"UPDATE audit_chain SET no = -1 WHERE no = {one}",
            f"UPDATE audit_chain SET no = {one} WHERE no = {other}",
            f"UPDATE audit_chain SET no = {other} WHERE no = -1",
        ]
    else:
        both = f"WHERE no IN ({one}, {other})"
        does = [
            f"CREATE TEMPORARY TABLE pair ON COMMIT DROP AS SELECT no, op_id, told FROM audit_chain {both}",
            f"UPDATE audit_chain SET op_id = gen_random_uuid() {both}",
            f"UPDATE audit_chain SET (op_id, told) = (SELECT op_id, told FROM pair WHERE no <> audit_chain.no) {both}",
        ]
    return Attempt(does, {"reordered"}, one)


def swap_places(draw: random.Random) -> Attempt:
    return swap("no", draw)


def swap_operations(draw: random.Random) -> Attempt:
    return swap("op_id", draw)


def move_to_another_place(draw: random.Random) -> Attempt:
    one, other = sorted(draw.sample(range(1, ENTRIES + 1), 2))
    does = [
        f"UPDATE audit_chain SET no = -1 WHERE no = {one}",
        f"UPDATE audit_chain SET no = no + 1000 WHERE no > {one} AND no <= {other}",
        "UPDATE audit_chain SET no = no - 1001 WHERE no > 1000",
        f"UPDATE audit_chain SET no = {other} WHERE no = -1",
    ]
    return Attempt(does, {"reordered"}, one)


def move_before_everything(draw: random.Random) -> Attempt:
    no = draw.randint(1, ENTRIES)
    wrong = {"reordered"} if no < ENTRIES else {"reordered", "cut-off", "deleted"}
    return Attempt([f"UPDATE audit_chain SET no = {draw.choice([0, -5])} WHERE no = {no}"], wrong, None)


def cut_off_the_end(draw: random.Random) -> Attempt:
    no = draw.randint(2, ENTRIES)
    does = [f"DELETE FROM audit_chain WHERE no >= {no}"]
    if draw.random() < 0.5:
        does.insert(0, "DELETE FROM journal WHERE op_id IN (SELECT op_id FROM audit_chain WHERE no >= " + f"{no})")
    return Attempt(does, {"cut-off"}, no)


def cut_off_the_end_with_its_checkpoints(draw: random.Random) -> Attempt:
    no = draw.randint(2, ENTRIES)
    does = [f"DELETE FROM {table} WHERE no >= {no}" for table in ("audit_chain", "audit_checkpoint")]
    whole_batch = no % BATCH == 1
    return Attempt(does, {"left-out" if whole_batch else "unsigned"}, None if whole_batch else no - (no - 1) % BATCH)


def edit_checkpoint(draw: random.Random) -> Attempt:
    no, column = draw.randrange(BATCH, ENTRIES + 1, BATCH), draw.choice(list(CHECKPOINT))
    change = f"UPDATE audit_checkpoint SET {column} = {draw.choice(CHECKPOINT[column])} WHERE no = {no}"
    return Attempt([change], {"checkpoint-forged"}, no)


def move_checkpoint(draw: random.Random) -> Attempt:
    no = draw.randrange(BATCH, ENTRIES + 1, BATCH)
    to = draw.choice([no - 1, no + 1, 1000, -3])
    return Attempt(
        [f"UPDATE audit_checkpoint SET no = {to} WHERE no = {no}"],
        {"checkpoint-forged", "checkpoint-deleted"} | ({"unsigned"} if no == ENTRIES else set()),
        None,
    )


def delete_checkpoint(draw: random.Random) -> Attempt:
    no = draw.randrange(BATCH, ENTRIES + 1, BATCH)
    last = no == ENTRIES
    wrong = "unsigned" if last else "checkpoint-deleted"
    return Attempt([f"DELETE FROM audit_checkpoint WHERE no = {no}"], {wrong}, no - BATCH + 1 if last else no)


def slip_in_an_operation(draw: random.Random) -> Attempt:
    like = draw.randint(1, ENTRIES)
    does = [
        f"CREATE TEMPORARY TABLE slipped ON COMMIT DROP AS SELECT * FROM journal WHERE {_OF.format(no=like)}",
        "UPDATE slipped SET op_id = gen_random_uuid()",
        "INSERT INTO journal SELECT * FROM slipped",
    ]
    if draw.random() < 0.5:
        return Attempt(does, {"left-out"}, None)
    does.append(f"INSERT INTO audit_chain SELECT {ENTRIES + 1}, op_id, NULL, sha256('x') FROM slipped")
    return Attempt(does, {"edited"}, ENTRIES + 1)


def slip_in_at_the_very_beginning(draw: random.Random) -> Attempt:
    """Where nothing lies before: the least id, the least number."""
    op_id = draw.choice(["'00000000-0000-0000-0000-000000000000'", "gen_random_uuid()"])
    does = [
        f"CREATE TEMPORARY TABLE slipped ON COMMIT DROP AS SELECT * FROM journal WHERE {_OF.format(no=1)}",
        f"UPDATE slipped SET op_id = {op_id}",
        "INSERT INTO journal SELECT * FROM slipped",
    ]
    if "random" not in op_id:
        return Attempt(does, {"left-out"}, None)
    does.append(f"INSERT INTO audit_chain SELECT {-(2**63)}, op_id, NULL, sha256('x') FROM slipped")
    return Attempt(does, {"reordered"}, -(2**63))


def replace_an_operation_by_several(draw: random.Random) -> Attempt:
    no, count = draw.randint(1, ENTRIES), draw.randint(2, 4)
    does = [
        f"CREATE TEMPORARY TABLE slipped ON COMMIT DROP AS SELECT * FROM journal WHERE {_OF.format(no=no)}",
        f"INSERT INTO slipped SELECT slipped.* FROM slipped, generate_series(2, {count})",
        "UPDATE slipped SET op_id = gen_random_uuid()",
        f"DELETE FROM audit_chain WHERE no = {no}",
        f"UPDATE audit_chain SET no = no + 1000 WHERE no > {no}",
        f"UPDATE audit_chain SET no = no - {1001 - count} WHERE no > 1000",
        "INSERT INTO journal SELECT * FROM slipped",
        f"INSERT INTO audit_chain SELECT {no - 1} + row_number() OVER (), op_id, NULL, sha256('x') FROM slipped",
    ]
    return Attempt(does, {"edited"}, no)


def slip_in_a_checkpoint(draw: random.Random) -> Attempt:
    no = draw.choice([0, -7, 1000, *(n for n in range(1, ENTRIES) if n % BATCH)])
    like = draw.randrange(BATCH, ENTRIES + 1, BATCH)
    does = (
        f"INSERT INTO audit_checkpoint SELECT {no}, after, digest, signed_at, key_id, signature "
        f"FROM audit_checkpoint WHERE no = {like}"
    )
    return Attempt([does], {"checkpoint-forged"}, no if no > 0 else None)


EVERY: list[Draw] = [
    edit_facts,
    edit_body,
    edit_content_with_its_commitment,
    edit_link,
    delete_operation,
    rename_operation,
    delete_links,
    delete_links_and_close_the_gap,
    swap_places,
    swap_operations,
    move_to_another_place,
    move_before_everything,
    cut_off_the_end,
    cut_off_the_end_with_its_checkpoints,
    edit_checkpoint,
    move_checkpoint,
    delete_checkpoint,
    slip_in_an_operation,
    slip_in_at_the_very_beginning,
    replace_an_operation_by_several,
    slip_in_a_checkpoint,
]
