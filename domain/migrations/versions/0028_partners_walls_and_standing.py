"""A partner's role writes to its own visits and claims alone; a partner that is suspended has no session that holds."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OWN_VISIT = (
    "EXISTS (SELECT FROM visit WHERE visit.id = {table}.visit_id AND visit.partner_id = current_partner(){and_})"
)
OWN_JOB = "EXISTS (SELECT FROM job WHERE job.id = {table}.job_id AND job.partner_id = current_partner(){and_})"
OF_VISIT = OWN_VISIT.replace("{and_}", "")
SAME_JOB = OWN_VISIT.replace("{and_}", " AND visit.job_id = {table}.job_id")
# That a row says it is the partner's own does not make what it belongs to the partner's.
INSERTED = {
    "visit": OWN_JOB.replace("{and_}", " AND job.assignment_id = visit.assignment_id"),
    "visit_event": OF_VISIT,
    "time_entry": OF_VISIT,
    "part_used": OF_VISIT,
    "expense": OF_VISIT,
    "fault": OF_VISIT,
    "reading": OF_VISIT,
    "photo": OF_VISIT,
    "scan": SAME_JOB,
    "claim": SAME_JOB.replace(" AND visit.job_id", " AND visit.assignment_id = claim.assignment_id AND visit.job_id"),
    "preauthorisation": OWN_JOB.replace("{and_}", ""),
}
# What was written stays on its visit: whoever may change no other column needs no second look at every change.
LINE = "voided_at, void_reason"
VISIT = (
    "state, planned_from, planned_to, travelled_at, arrived_at, started_at, completed_at, abandoned_reason, "
    "overlaps_actual, clock_uncertain, keyed_in_by_office, office_was_asked, result, summary, signature, signed_by, "
    "no_signature_reason, why_no_claim, submitted_through, version"
)
CHANGED = {
    "visit": VISIT,
    "photo": f"upload_id, {LINE}",
    **dict.fromkeys(("time_entry", "part_used", "expense", "fault", "reading"), LINE),
}
# A claim and its lines are written by one statement, in which a policy does not see the claim yet: a key does.
OF_CLAIM = ("claim_line", "rule_hit", "claim_reply", "core_return")

CONFIRM = """
CREATE OR REPLACE FUNCTION confirm_session(p_session uuid) RETURNS void LANGUAGE plpgsql STABLE AS
$$BEGIN
  PERFORM FROM session JOIN account ON account.id = session.account_id LEFT JOIN device ON device.id = session.device_id
    {join}
  WHERE session.id = p_session AND session.revoked_at IS NULL AND session.expires_at > now()
    AND account.disabled_at IS NULL AND device.revoked_at IS NULL {condition};
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session has ended' USING ERRCODE = 'FS401';
  END IF;
END$$
"""
OF_PARTNER = {"join": "LEFT JOIN partner ON partner.id = account.partner_id", "condition": "AND suspended_at IS NULL"}


def upgrade() -> None:
    _suspended()
    for table, condition in INSERTED.items():
        op.execute(
            f"CREATE POLICY of_its_own ON {table} AS RESTRICTIVE FOR INSERT TO fieldstone_partner "
            f"WITH CHECK ({condition.format(table=table)})"
        )
    for table, columns in CHANGED.items():
        op.execute(f"REVOKE UPDATE ON {table} FROM fieldstone_partner")
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO fieldstone_partner")
    op.execute("REVOKE UPDATE ON upload FROM fieldstone_partner")
    op.create_unique_constraint(op.f("uq_claim_id_partner_id"), "claim", ["id", "partner_id"])
    for table in OF_CLAIM:
        op.drop_constraint(f"fk_{table}_claim_id", table, type_="foreignkey")
        op.create_foreign_key(
            op.f(f"fk_{table}_claim_id_partner_id"), table, "claim", ["claim_id", "partner_id"], ["id", "partner_id"]
        )


def downgrade() -> None:
    for table in OF_CLAIM:
        op.drop_constraint(f"fk_{table}_claim_id_partner_id", table, type_="foreignkey")
        op.create_foreign_key(op.f(f"fk_{table}_claim_id"), table, "claim", ["claim_id"], ["id"])
    op.drop_constraint("uq_claim_id_partner_id", "claim", type_="unique")
    op.execute("GRANT UPDATE ON upload TO fieldstone_partner")
    for table in CHANGED:
        op.execute(f"GRANT UPDATE ON {table} TO fieldstone_partner")
    for table in reversed(INSERTED):
        op.execute(f"DROP POLICY of_its_own ON {table}")
    _not_suspended()


def _suspended() -> None:
    op.add_column("partner", sa.Column("suspended_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE partner SET suspended_at = now() WHERE NOT active")
    op.drop_column("partner", "active")
    op.add_column(
        "partner",
        sa.Column("active", sa.Boolean(), sa.Computed("suspended_at IS NULL", persisted=True), nullable=False),
    )
    op.execute(CONFIRM.format(**OF_PARTNER))


def _not_suspended() -> None:
    op.execute(CONFIRM.format(join="", condition=""))
    op.execute("ALTER TABLE partner ALTER COLUMN active DROP EXPRESSION")
    op.alter_column("partner", "active", server_default=sa.text("true"))
    op.drop_column("partner", "suspended_at")
