"""What a partner's database role is refused, even where the code above it is wrong."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.context import Context
from domain.kit.work import begin
from tests import make
from tests.cast import Cast, actor_of
from tests.claims.visits import claimed

STATEMENTS = {
    "turn an own job to another unit": "UPDATE job SET unit_id = :foreign_unit WHERE id = :own_job",
    "give itself work": "INSERT INTO assignment (id, job_id, partner_id, assigned_by, assigned_at) "
    "VALUES (gen_random_uuid(), :foreign_job, :north, :pam, now())",
    "invite itself into the office": "INSERT INTO invitation (id, account_id, partner_id, token_hash, purpose, until) "
    "VALUES (gen_random_uuid(), :dora, :north, 'x', 'reset', now())",
    "invite itself into its own office": "INSERT INTO invitation (id, account_id, partner_id, token_hash, purpose, "
    "until) VALUES (gen_random_uuid(), :pam, :north, 'x', 'reset', now())",
    "accept its own claim": "UPDATE claim SET state = 'approved'",
    "accept its own line": "UPDATE claim_line SET state = 'approved'",
    "open a claim that is granted": "INSERT INTO claim (id, partner_id, state) "
    "VALUES (gen_random_uuid(), :north, 'approved')",
    "open a claim that is scored": "INSERT INTO claim (id, partner_id, state, scored_at) "
    "VALUES (gen_random_uuid(), :north, 'accepted', now())",
    "add a line that is paid": "INSERT INTO claim_line (id, partner_id, kind, state, label) "
    "VALUES (gen_random_uuid(), :north, 'expense', 'paid', 'x')",
    "make a key of the office": "INSERT INTO api_key (id, partner_id, account_id, name, key_hash, per_minute, "
    "created_by, created_at) VALUES (gen_random_uuid(), :north, :dora, 'x', 'x', 1, :pam, now())",
    "make a key of a technician": "INSERT INTO api_key (id, partner_id, account_id, name, key_hash, per_minute, "
    "created_by, created_at) VALUES (gen_random_uuid(), :north, :ann, 'x', 'x', 1, :pam, now())",
    "write to another's address": "INSERT INTO webhook_message (id, webhook_id, partner_id, subject_id, event, body, "
    "state, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), :north, gen_random_uuid(), 'x', 'x', "
    "'waiting', now())",
    "count everybody's claims": "SELECT nextval('claim_number_seq')",
    "read what the gate knew": "SELECT facts FROM claim",
    "read a verdict": "SELECT verdict FROM scan",
    "read a verdict in the journal": "SELECT verdict FROM journal_body",
    "read a rule that was hit": "SELECT reason FROM rule_hit",
    "read a password": "SELECT password_hash FROM account",
    "read a refresh token": "SELECT refresh_hash FROM session",
    "read what is queued": "SELECT payload FROM pgqueuer",
    "take a reading back": "DELETE FROM scan",
    "tell our phones of parts": "INSERT INTO feed_entry (feed, kind, entity_id, partner_id, seq) "
    "VALUES ('catalogue', 'part', gen_random_uuid(), :north, 1)",
    "take a number of the catalogue": "INSERT INTO feed_mark (feed, seq, tag, at, partner_id) "
    "VALUES ('catalogue', 1, 2, now(), :north)",
    "number another's feed": "INSERT INTO feed_counter (feed, partner_id, n) VALUES ('t:' || :ben, :north, 9)",
    "accept its own work": "INSERT INTO recorded_work (op_id, seq, kind, reason, actor_id, partner_id, at, decision, "
    "decided_by) VALUES (gen_random_uuid(), 1, 'time.log', 'x', :ann, :north, now(), 'accepted', :dora)",
    "record work of others": "INSERT INTO recorded_work (op_id, seq, kind, reason, actor_id, partner_id, at) "
    "VALUES (gen_random_uuid(), 1, 'time.log', 'x', :ann, :south, now())",
    "decide about work": "UPDATE recorded_work SET decision = 'accepted'",
    "empty the quarantine": "DELETE FROM quarantine",
    "give a phone to somebody else": "UPDATE device SET account_id = :pam",
    "become an admin": "UPDATE account SET role = 'admin' WHERE id = :ann",
    "become the application": "SET ROLE fieldstone_app",
}


async def known(context: Context, cast: Cast) -> dict[str, Any]:
    own, foreign = await make.ready_visit(context, cast), await make.ready_visit(context, cast, technician=cast.ben)
    await claimed(own)
    await claimed(foreign)
    return {
        "own_job": own.job_id,
        "foreign_job": foreign.job_id,
        "foreign_unit": foreign.unit_id,
        "north": cast.north,
        "south": cast.south,
        "ben": str(cast.ben.id),
        "pam": cast.pam.id,
        "ann": cast.ann.id,
        "dora": cast.dora.id,
    }


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
async def test_a_partner_s_role_may_not(context: Context, cast: Cast, statement: str) -> None:
    ids = await known(context, cast)
    asked = {name: value for name, value in ids.items() if f":{name}" in statement}
    with pytest.raises(DBAPIError) as refused:
        async with begin(context.database, actor_of(cast.pam)) as work:
            await work.db.execute(text(statement), asked)
    assert getattr(refused.value.orig, "sqlstate", "") == "42501"


async def test_the_gate_tells_a_partner_nothing_of_a_unit_it_has_no_job_on(context: Context, cast: Cast) -> None:
    ids = await known(context, cast)
    async with begin(context.database, actor_of(cast.pam)) as work:
        told = await work.db.execute(text("SELECT * FROM gate_unit(:unit)"), {"unit": ids["foreign_unit"]})
        assert told.all() == []
    async with begin(context.database, actor_of(cast.ben)) as work:
        told = await work.db.execute(text("SELECT * FROM gate_unit(:unit)"), {"unit": ids["foreign_unit"]})
        assert len(told.all()) == 1
