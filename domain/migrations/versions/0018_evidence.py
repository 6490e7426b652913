"""Programmes change by dated versions that stay as they were set; customers' answers, and what managers count by."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

VERSION_COLUMNS = "id, programme_id, from_on, limits, modes, set_at"
MOMENT = sa.DateTime(timezone=True)

FIGURES = (
    *("claims", "at_once_claims", "accepted_claims", "approved_claims", "in_review_claims", "refused_claims"),
    *("paid_claims", "withdrawn_claims"),
)
MONEY = (
    *("asked_minor", "at_once_minor", "granted_minor", "in_review_minor", "stopped_minor", "paid_minor"),
    "withdrawn_minor",
)
# Inserts alone, so that claims of one day never wait for one another; it runs as the owner, whoever claims.
NOTE = """
CREATE FUNCTION note_claim_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  INSERT INTO claim_change (day, partner_id) VALUES (NEW.submitted_on, NEW.partner_id);
  RETURN NULL;
END$$
"""


def upgrade() -> None:
    _dated_programmes()
    _customer_answers()
    _figures()


def _figures() -> None:
    op.create_table(
        "claim_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_change")),
    )
    op.create_table(
        "claim_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FIGURES),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in MONEY),
        sa.PrimaryKeyConstraint("day", "partner_id", "rule", "currency", name=op.f("pk_claim_figure")),
    )
    op.create_index("ix_claim_submitted_on_partner_id", "claim", ["submitted_on", "partner_id"])
    op.execute(NOTE)
    op.execute("REVOKE ALL ON FUNCTION note_claim_change() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER note_claim_change AFTER INSERT OR UPDATE OF state, asked_minor, approved_minor ON claim "
        "FOR EACH ROW EXECUTE FUNCTION note_claim_change()"
    )
    op.execute("INSERT INTO claim_change (day, partner_id) SELECT DISTINCT submitted_on, partner_id FROM claim")
    _for_the_office("claim_change", "SELECT, DELETE")
    _for_the_office("claim_figure", "SELECT, INSERT, DELETE")


def _customer_answers() -> None:
    op.create_table(
        "customer_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=False),
        sa.CheckConstraint("answer IN ('happened', 'did_not_happen', 'wrong')", name=op.f("ck_customer_answer_answer")),
        sa.CheckConstraint("channel IN ('phone', 'page')", name=op.f("ck_customer_answer_channel")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_customer_answer_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_answer")),
    )
    op.create_index("ix_customer_answer_visit_id_answered_at", "customer_answer", ["visit_id", "answered_at"])
    _for_the_office("customer_answer", "SELECT, INSERT")
    _append_only("customer_answer")


def _for_the_office(table: str, rights: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY ours ON {table} TO fieldstone_app USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {rights} ON {table} TO fieldstone_app")


def _dated_programmes() -> None:
    op.add_column("programme_version", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    op.add_column("programme_version", sa.Column("set_by", sa.Uuid(), nullable=True))
    op.add_column(
        "programme_version",
        sa.Column("set_at", MOMENT, server_default=sa.func.now(), nullable=False),
    )
    op.drop_constraint("uq_programme_version_programme_id_from_on", "programme_version")
    op.create_unique_constraint(
        "uq_programme_version_programme_id_from_on_set_at", "programme_version", ["programme_id", "from_on", "set_at"]
    )
    op.execute("REVOKE UPDATE, DELETE ON programme_version FROM fieldstone_app")
    op.execute("REVOKE SELECT ON programme_version FROM fieldstone_partner")
    op.execute(f"GRANT SELECT ({VERSION_COLUMNS}) ON programme_version TO fieldstone_partner")
    _append_only("programme_version")


def _append_only(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER note_claim_change ON claim")
    op.execute("DROP FUNCTION note_claim_change()")
    op.drop_index("ix_claim_submitted_on_partner_id", "claim")
    for table in ("claim_figure", "claim_change", "customer_answer"):
        op.drop_table(table)
    op.execute("DROP TRIGGER append_only ON programme_version")
    op.execute(f"REVOKE SELECT ({VERSION_COLUMNS}) ON programme_version FROM fieldstone_partner")
    op.execute("GRANT SELECT ON programme_version TO fieldstone_partner")
    op.execute("GRANT UPDATE, DELETE ON programme_version TO fieldstone_app")
    # Of the versions from one day the release before knows one: the last that was set.
    op.execute(
        "DELETE FROM programme_version AS older USING programme_version AS newer "
        "WHERE newer.programme_id = older.programme_id AND newer.from_on = older.from_on AND newer.set_at > older.set_at"
    )
    op.drop_constraint("uq_programme_version_programme_id_from_on_set_at", "programme_version")
    op.create_unique_constraint(
        "uq_programme_version_programme_id_from_on", "programme_version", ["programme_id", "from_on"]
    )
    for column in ("set_at", "set_by", "reason"):
        op.drop_column("programme_version", column)
