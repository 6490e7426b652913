"""What an administrator changes behind the product's back is found and named; what the law erases breaks nothing."""

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api.context import Context
from api.tasks_audit import seal_all
from domain.audit import checking
from domain.audit.checking import check_chain, newest_checkpoint
from domain.audit.keyring import worth_by
from domain.audit.rules import GENESIS, Checkpoint, encode_facts, link, signed_content
from domain.kit.actor import SYSTEM
from domain.kit.database import reading
from domain.sealing.keys import every_key, key_id, public_bytes, sign
from tests.audit.attempts import attempted, check, unguarded
from tests.audit.chained import checked, journaled, sealed, tamper
from tests.audit.tampering import EVERY
from tests.conftest import rows

ATTEMPTS = 220


async def kept_now(context: Context) -> Checkpoint:
    """The newest checkpoint, as an outsider keeps it."""
    async with reading(context.database, SYSTEM) as db:
        found = await newest_checkpoint(db)
    assert found is not None
    return msgspec.json.decode(msgspec.json.encode(found), type=Checkpoint)


async def test_progress_is_told_on_the_way(context: Context) -> None:
    await sealed(context, 7)
    told: list[tuple[int, int]] = []
    async with reading(context.database, SYSTEM) as db:
        found = await check_chain(
            db, worth_by(await every_key(db)), None, lambda done, total: told.append((done, total)), slice_max=3
        )
    assert (found.whole, told) == (True, [(3, 7), (6, 7)])


async def test_two_hundred_random_attempts_are_all_found_and_named(context: Context, owner: AsyncEngine) -> None:
    found = await attempted(context, owner, ATTEMPTS)
    assert found.passed == []
    assert found.misnamed == []
    assert (found.tried.total(), min(found.tried.values())) == (ATTEMPTS, ATTEMPTS // len(EVERY))
    assert (await checked(context)).whole


async def test_erased_bodies_leave_the_chain_whole(context: Context, owner: AsyncEngine) -> None:
    ids = await sealed(context, 10, 10)
    async with context.database.app.connect() as db:  # the product's own role may
        await db.execute(text("DELETE FROM journal_body WHERE op_id = ANY (:ids)"), {"ids": ids[3:8]})
    found = await checked(context)
    assert (found.whole, found.entries, found.erased) == (True, 20, 5)
    await tamper(owner, f"UPDATE journal SET outcome = 'applied' WHERE op_id = '{ids[5]}'")
    found = await checked(context)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.no) == ("edited", 6)


async def test_a_body_erased_before_it_was_sealed_leaves_the_chain_whole(context: Context, owner: AsyncEngine) -> None:
    made = await journaled(context.database, 3)
    await tamper(owner, f"DELETE FROM journal_body WHERE op_id = '{made[1]}'")
    await seal_all(context)
    found = await checked(context)
    assert (found.whole, found.erased) == (True, 1)
    body = "INSERT INTO journal_body (op_id, salt, sent, answer) VALUES ('{}', '', 'put there', '{{}}')"
    await tamper(owner, body.format(made[1]))
    found = await checked(context)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.no) == ("edited", 2)


async def make_anew(db: AsyncConnection, first: int) -> bytes:
    """Compute the chain anew from an entry on, as whoever knows this code can; return its last digest."""
    digest = GENESIS
    statement = checking._ENTRIES.replace("$1", "0").replace("$2", "1000").replace("$3", "1000")
    for row in (await db.exec_driver_sql(statement)).all():
        digest = link(digest, encode_facts(tuple(row[14:])))
        if row[0] >= first:
            await db.execute(
                text("UPDATE audit_chain SET digest = :digest WHERE no = :no"), {"digest": digest, "no": row[0]}
            )
    return digest


async def test_a_chain_made_anew_does_not_fit_its_checkpoints(context: Context, owner: AsyncEngine) -> None:
    ids = await sealed(context, 10, 10, 10)
    async with unguarded(owner) as db:
        await db.execute(text(f"UPDATE journal SET outcome = 'applied' WHERE op_id = '{ids[14]}'"))
        await make_anew(db, 15)
        found = await check(db)
        assert found.broken is not None
        assert (found.broken.wrong, found.broken.no) == ("rewritten", 11)
        await db.execute(
            text("UPDATE audit_checkpoint AS c SET digest = (SELECT digest FROM audit_chain WHERE no = c.no)")
        )
        found = await check(db)
        assert found.broken is not None
        assert (found.broken.wrong, found.broken.no) == ("checkpoint-forged", 20)
        await db.execute(text("DELETE FROM audit_checkpoint WHERE no > 10"))
        found = await check(db)
        assert found.broken is not None
        assert (found.broken.wrong, found.broken.no) == ("unsigned", 11)


async def test_whoever_registers_a_key_of_their_own_fails_by_kept_keys_and_checkpoints(
    context: Context, owner: AsyncEngine
) -> None:
    """With the whole database in hand everything in it can be made to fit; what is kept outside cannot."""
    ids = await sealed(context, 10, 10)
    kept = await kept_now(context)
    async with reading(context.database, SYSTEM) as db:
        trusted = await every_key(db)
    own = ec.generate_private_key(ec.SECP256R1())
    public = public_bytes(own.public_key())
    async with unguarded(owner) as db:
        await db.execute(text(f"UPDATE journal SET outcome = 'applied' WHERE op_id = '{ids[4]}'"))
        digest = await make_anew(db, 1)
        await db.execute(text("DELETE FROM audit_checkpoint"))
        await db.execute(
            text(
                "INSERT INTO sealing_key (id, purpose, public_key, valid_from, valid_to) "
                "VALUES (:id, 'checkpoint', :public, '2020-01-01', '2100-01-01')"
            ),
            {"id": key_id(public), "public": public},
        )
        forged = Checkpoint(no=20, after=0, digest=digest, signed_at=kept.signed_at, key_id=key_id(public))
        values = {**msgspec.structs.asdict(forged), "signature": sign(own, signed_content(forged))}
        await db.execute(
            text(
                "INSERT INTO audit_checkpoint (no, after, digest, signed_at, key_id, signature) "
                "VALUES (:no, :after, :digest, :signed_at, :key_id, :signature)"
            ),
            values,
        )
        assert (await check(db)).whole, "or this attack proves nothing"
        by_keys = await check_chain(db, worth_by(trusted))
        by_checkpoint = await check(db, kept)
    assert by_keys.broken is not None
    assert by_keys.broken.wrong == "checkpoint-forged"
    assert by_checkpoint.broken is not None
    assert by_checkpoint.broken.wrong == "rewritten"


async def test_an_end_that_was_cut_off_without_a_trace_is_missed_by_a_kept_checkpoint(
    context: Context, owner: AsyncEngine
) -> None:
    await sealed(context, 10, 10)
    kept = await kept_now(context)
    assert (await checked(context, kept)).whole
    await tamper(
        owner,
        "DELETE FROM journal WHERE op_id IN (SELECT op_id FROM audit_chain WHERE no > 10)",
        "DELETE FROM audit_checkpoint WHERE no > 10",
        "DELETE FROM audit_chain WHERE no > 10",
    )
    assert (await checked(context)).whole, "or this attack proves nothing"
    found = await checked(context, kept)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.no) == ("cut-off", 11)
    await sealed(context, 15)  # the product goes on and the chain grows past it
    found = await checked(context, kept)
    assert found.broken is not None
    assert found.broken.wrong == "rewritten"


async def test_a_kept_checkpoint_stays_good_while_the_chain_grows(context: Context) -> None:
    await sealed(context, 5)
    kept = await kept_now(context)
    await sealed(context, 7, 3)
    assert (await checked(context, kept)).whole
    forged = msgspec.structs.replace(kept, digest=GENESIS)
    found = await checked(context, forged)
    assert found.broken is not None
    assert found.broken.wrong == "checkpoint-forged"


async def test_checkpoints_of_a_key_revoked_before_their_moment_are_void(context: Context, owner: AsyncEngine) -> None:
    await sealed(context, 4)
    await tamper(owner, "UPDATE sealing_key SET revoked_at = '2020-01-01' WHERE purpose = 'checkpoint'")
    found = await checked(context)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.no, found.void) == ("unsigned", 1, 1)
    await sealed(context, 2)  # a key that counts signs everything before it, too
    found = await checked(context)
    assert (found.whole, found.checkpoints, found.void) == (True, 2, 1)


async def test_an_operation_taken_out_before_it_was_sealed_is_found(context: Context, owner: AsyncEngine) -> None:
    await sealed(context, 2)
    made = await journaled(context.database, 2)
    await tamper(owner, f"DELETE FROM journal WHERE op_id = '{made[0]}'")
    await seal_all(context)
    found = await checked(context)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.op_id, found.waiting) == ("deleted", made[0], 1)


async def test_an_operation_taken_out_of_line_is_found(context: Context, owner: AsyncEngine) -> None:
    (made,) = await journaled(context.database)
    await tamper(owner, "DELETE FROM unsealed")
    found = await checked(context)
    assert found.broken is not None
    assert (found.broken.wrong, found.broken.op_id) == ("left-out", made)


async def test_what_an_entry_is_linked_as_stays_what_it_is(context: Context, owner: AsyncEngine) -> None:
    """The bytes that old entries were linked as must never change: this one's were written down once."""
    await tamper(
        owner,
        "INSERT INTO journal (op_id, actor_id, kind, version, outcome, commitment, seq, received_at, applied_at) "
        "VALUES "
        "('00000000-0000-7000-8000-000000000001', '00000000-0000-0000-0000-000000000002', 'scan.record', 1, 'applied', "
        "sha256('x'), 7, '2026-01-02 03:04:05.000006+00', '2026-01-02 03:04:05.5+00')",
        "INSERT INTO journal_body (op_id, salt, sent, answer, verdict) VALUES "
        "('00000000-0000-7000-8000-000000000001', 'salt', 'sent', '{}', '{\"b\": 1, \"a\": [1.50]}')",
        "INSERT INTO unsealed (op_id) VALUES ('00000000-0000-7000-8000-000000000001')",
    )
    assert await seal_all(context) == 1
    found = await rows(owner, "SELECT encode(told, 'hex'), encode(digest, 'hex') FROM audit_chain")
    assert found == [
        (
            "0e9ce6d45cf24b5ea9233b85663c05efeacdfd43245212828f0c16fd47f83693",
            "4f0e4e44f8a2f6f070c376c99f35674e94ae355db35c341810d609faf09c4849",
        )
    ]
