"""Keys of partners' systems, submissions by file, and signed notices to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OWN = "partner_id = current_partner()"
# What a partner's people may read, insert and change of each table; RLS keeps all of it to their own rows.
GRANTS = {
    "api_key": (
        "SELECT (id, partner_id, account_id, name, per_minute, created_by, created_at, last_used_at, revoked_at), "
        "INSERT, UPDATE (revoked_at)"
    ),
    "submission_file": "SELECT, INSERT",
    "submission_row": "SELECT",
    "webhook": (
        "SELECT (id, partner_id, url, host, events, state, created_by, created_at, approved_at, failing_since, "
        "disabled_why, previous_until), INSERT, "
        "UPDATE (state, disabled_why, failing_since)"
    ),
    "webhook_message": "SELECT, INSERT, UPDATE (state, next_at)",
}
CONFIRM = """
CREATE FUNCTION confirm_key(p_key uuid) RETURNS void LANGUAGE plpgsql STABLE AS
$$BEGIN
  PERFORM FROM api_key JOIN account ON account.id = api_key.account_id JOIN partner ON partner.id = api_key.partner_id
  WHERE api_key.id = p_key AND api_key.revoked_at IS NULL AND account.disabled_at IS NULL AND partner.active;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this key was revoked' USING ERRCODE = 'FS401';
  END IF;
END$$
"""

# A partner changes its secret without being able to read the former one, which signs on for a while.
CHANGE = f"""
CREATE FUNCTION change_webhook_secret(p_webhook uuid, p_secret text, p_until timestamptz) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$UPDATE webhook SET previous_secret = secret, previous_until = p_until, secret = p_secret
  WHERE id = p_webhook AND (session_user = 'fieldstone_app' OR {OWN})$$
"""


def upgrade() -> None:
    _keys()
    _submissions()
    _webhooks()
    for name, rights in GRANTS.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"CREATE POLICY own ON {name} TO fieldstone_partner USING ({OWN}) WITH CHECK ({OWN})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_app")
        op.execute(f"GRANT {rights} ON {name} TO fieldstone_partner")
    # A partner asks for a webhook; that its host may be called is the office's to say.
    op.execute("DROP POLICY own ON webhook")
    op.execute(f"CREATE POLICY own ON webhook FOR SELECT TO fieldstone_partner USING ({OWN})")
    op.execute(
        f"CREATE POLICY own_pending ON webhook FOR INSERT TO fieldstone_partner "
        f"WITH CHECK ({OWN} AND state = 'pending' AND approved_at IS NULL)"
    )
    op.execute(f"CREATE POLICY own_change ON webhook FOR UPDATE TO fieldstone_partner USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(CONFIRM)
    op.execute(CHANGE)
    for function in ("confirm_key(uuid)", "change_webhook_secret(uuid, text, timestamptz)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO fieldstone_app, fieldstone_partner")


def _keys() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_api_key_per_minute")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_api_key_partner_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_index("ix_api_key_partner_id", "api_key", ["partner_id"])
    op.create_index("ix_api_key_account_id", "api_key", ["account_id"])


def _submissions() -> None:
    op.add_column("visit", sa.Column("submitted_through", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_visit_submitted_through"), "visit", "submitted_through IN ('api', 'file', 'desk')"
    )
    op.create_table(
        "submission_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_claimed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_without_claim", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_submission_file_state")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_submission_file_partner_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_submission_file_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_file")),
    )
    op.create_index("ix_submission_file_partner_id_started_at", "submission_file", ["partner_id", "started_at"])
    op.create_table(
        "submission_row",
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("told", JSONB(), nullable=False),
        sa.CheckConstraint("status IN ('claimed', 'no_claim', 'refused')", name=op.f("ck_submission_row_status")),
        sa.ForeignKeyConstraint(["file_id"], ["submission_file.id"], name=op.f("fk_submission_row_file_id")),
        sa.PrimaryKeyConstraint("file_id", "line", name=op.f("pk_submission_row")),
    )


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("events", JSONB(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", MOMENT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("disabled_why", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'active', 'disabled', 'removed')", name=op.f("ck_webhook_state")),
        sa.CheckConstraint("state <> 'active' OR approved_at IS NOT NULL", name=op.f("ck_webhook_approved")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_webhook_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_partner_id", "webhook", ["partner_id"])
    op.create_table(
        "webhook_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_message_state")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_message_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_message")),
    )
    op.create_index("ix_webhook_message_partner_id_id", "webhook_message", ["partner_id", "id"])
    op.create_index("ix_webhook_message_webhook_id_subject_id", "webhook_message", ["webhook_id", "subject_id"])


def downgrade() -> None:
    op.execute("DROP FUNCTION confirm_key(uuid)")
    op.execute("DROP FUNCTION change_webhook_secret(uuid, text, timestamptz)")
    for name in reversed(GRANTS):
        op.drop_table(name)
    op.drop_constraint(op.f("ck_visit_submitted_through"), "visit")
    op.drop_column("visit", "submitted_through")
