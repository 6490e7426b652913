"""Reports are amended, withdrawn and freed of names; after a signature two people are needed, whatever asks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("report_amendment", "amendment_decision", "report_erasure")
SIGNED = """
UPDATE report_revision SET signature = CASE
    WHEN visit.signature IS NOT NULL THEN 'given'
    WHEN visit.no_signature_reason = 'declined' THEN 'declined'
    ELSE 'awaited' END
  FROM report JOIN visit ON visit.id = report.visit_id WHERE report.id = report_revision.report_id
"""
# Both run as the owner: a partner's role does not see who of ours is who.
WHO_ASKS = """
CREATE FUNCTION amendment_asked() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  NEW.two := NEW.kind IN ('amend', 'withdraw') AND (NEW.two OR EXISTS (
    SELECT FROM report_revision WHERE report_id = NEW.report_id AND signature = 'given'));
  RETURN NEW;
END$$
"""
WHO_DECIDES = """
CREATE FUNCTION amendment_decided() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  SELECT two, asked_by, partner_id INTO STRICT NEW.two, NEW.asked_by, NEW.partner_id
    FROM report_amendment WHERE id = NEW.amendment_id;
  NEW.of_office := EXISTS (
    SELECT FROM account WHERE id = NEW.decided_by AND partner_id IS NULL
      AND role IN ('admin', 'dispatcher', 'service_manager'));
  RETURN NEW;
END$$
"""
OWN = "partner_id = current_partner()"
OWN_ACCOUNT = "EXISTS (SELECT FROM account WHERE account.id = {} AND account.partner_id = current_partner())"
APPROVED = """EXISTS (
  SELECT FROM report_amendment AS asked JOIN amendment_decision AS decided ON decided.amendment_id = asked.id
  WHERE asked.report_id = {report} AND decided.decision = 'approve' AND {rest})"""
BY_AMENDMENT = "revision = 1 OR " + APPROVED.format(
    report="report_revision.report_id",
    rest="asked.id = report_revision.amendment_id AND asked.kind <> 'withdraw' "
    "AND asked.predecessor = report_revision.revision - 1",
)
WITHDRAWN = "(state = 'withdrawn') = " + APPROVED.format(
    report="report.id",
    rest="asked.kind = 'withdraw' AND asked.predecessor = "
    "(SELECT max(revision) FROM report_revision WHERE report_revision.report_id = report.id)",
)


def upgrade() -> None:
    _tables()
    _revisions()
    for name in APPEND_ONLY:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT ON {name} TO fieldstone_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table, function, sql in (
        ("report_amendment", "amendment_asked", WHO_ASKS),
        ("amendment_decision", "amendment_decided", WHO_DECIDES),
    ):
        op.execute(sql)
        op.execute(f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC")
        op.execute(f"CREATE TRIGGER {function} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")
    # A partner's office asks, and takes back or carries out alone what needs no second person.
    for table, who in (("report_amendment", "asked_by"), ("amendment_decision", "decided_by")):
        op.execute(f"GRANT SELECT, INSERT ON {table} TO fieldstone_partner")
        op.execute(f"CREATE POLICY own ON {table} FOR SELECT TO fieldstone_partner USING ({OWN})")
        asked = "" if table == "report_amendment" else " AND asked_by = decided_by"
        op.execute(
            f"CREATE POLICY own_in ON {table} FOR INSERT TO fieldstone_partner "
            f"WITH CHECK ({OWN} AND {OWN_ACCOUNT.format(who)}{asked})"
        )
    op.execute("GRANT SELECT (report_id, partner_id, reason, erased_at) ON report_erasure TO fieldstone_partner")
    op.execute(f"CREATE POLICY own ON report_erasure FOR SELECT TO fieldstone_partner USING ({OWN})")


def _tables() -> None:
    op.create_table(
        "report_amendment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("predecessor", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("corrections", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("two", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('amend', 'withdraw', 'sign', 'erase')", name=op.f("ck_report_amendment_kind")),
        sa.CheckConstraint("(kind = 'sign') = (asked_by IS NULL)", name=op.f("ck_report_amendment_asked_by")),
        sa.CheckConstraint("length(reason) >= 3", name=op.f("ck_report_amendment_reason")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_amendment_report_id")),
        sa.ForeignKeyConstraint(
            ["report_id", "predecessor"],
            ["report_revision.report_id", "report_revision.revision"],
            name=op.f("fk_report_amendment_report_id_predecessor"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_report_amendment_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_amendment")),
    )
    op.create_index("ix_report_amendment_report_id", "report_amendment", ["report_id"])
    op.create_index("ix_report_amendment_asked_at_id", "report_amendment", ["asked_at", "id"])
    op.create_table(
        "amendment_decision",
        sa.Column("amendment_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("two", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("of_office", sa.Boolean(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'decline')", name=op.f("ck_amendment_decision_decision")),
        sa.CheckConstraint(
            "decision = 'decline' OR NOT two OR (decided_by IS NOT NULL AND decided_by <> asked_by AND of_office)",
            name=op.f("ck_amendment_decision_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["report_amendment.id"], name=op.f("fk_amendment_decision_amendment_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_amendment_decision_decided_by")),
        sa.PrimaryKeyConstraint("amendment_id", name=op.f("pk_amendment_decision")),
    )
    op.create_table(
        "report_erasure",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("erased_by", sa.Uuid(), nullable=False),
        sa.Column("erased_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_erasure_report_id")),
        sa.ForeignKeyConstraint(["erased_by"], ["account.id"], name=op.f("fk_report_erasure_erased_by")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_report_erasure")),
    )


def _revisions() -> None:
    op.add_column("report_revision", sa.Column("signature", sa.Text(), server_default="awaited", nullable=False))
    op.add_column("report_revision", sa.Column("amendment_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_report_revision_amendment_id"), "report_revision", ["amendment_id"])
    op.create_check_constraint(
        op.f("ck_report_revision_signature"), "report_revision", "signature IN ('given', 'awaited', 'declined')"
    )
    op.execute("ALTER TABLE report_revision DISABLE TRIGGER append_only")
    op.execute(SIGNED)
    op.execute("ALTER TABLE report_revision ENABLE TRIGGER append_only")
    # Both roles of the product; the owner migrates.
    op.execute(
        "CREATE POLICY by_amendment ON report_revision AS RESTRICTIVE FOR INSERT "
        f"TO fieldstone_app, fieldstone_partner WITH CHECK ({BY_AMENDMENT})"
    )
    op.execute(
        f"CREATE POLICY withdrawn_by_amendment ON report AS RESTRICTIVE FOR UPDATE TO fieldstone_app WITH CHECK ({WITHDRAWN})"
    )
    op.execute("REVOKE UPDATE ON report_person FROM fieldstone_app")


def downgrade() -> None:
    op.execute("GRANT UPDATE ON report_person TO fieldstone_app")
    op.execute("DROP POLICY withdrawn_by_amendment ON report")
    op.execute("DROP POLICY by_amendment ON report_revision")
    op.drop_column("report_revision", "amendment_id")
    op.drop_column("report_revision", "signature")
    for name in reversed(APPEND_ONLY):
        op.drop_table(name)
    op.execute("DROP FUNCTION amendment_asked()")
    op.execute("DROP FUNCTION amendment_decided()")
