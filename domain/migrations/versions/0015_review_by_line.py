"""Review by line: decisions, replies, pre-authorisations, returned parts, payment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "('accepted', 'in_review', 'sent_back', 'refused', 'approved', 'paid', 'withdrawn')"
STATES_BEFORE = "('accepted', 'in_review', 'refused', 'approved', 'paid', 'withdrawn')"
OWN = "partner_id = current_partner()"
GRANTED = "decision IN ('approve', 'approve_in_part')"
TABLES = ("claim_decision", "claim_reply", "preauthorisation", "core_return")
APPEND_ONLY = ("claim_decision", "claim_reply")
CLAIM_COLUMNS = "preauthorisation_id, needs_second, appealed, answer_by, paid_at"
PREAUTHORISATION_COLUMNS = (
    "id, number, job_id, partner_id, state, asked, note, asked_by, asked_at, granted, valid_until, reason, "
    "decision_note, decided_at"
)
PREAUTHORISATION_NEW = "id, job_id, partner_id, asked, note, asked_by, asked_at"
RETURN_COLUMNS = "id, claim_id, line_id, partner_id, state, part_number, quantity, serial, expected_at, received_at"
RETURN_NEW = "id, claim_id, line_id, partner_id, part_number, quantity, serial, serial_key, expected_at"

# What a decision is checked by is looked up here, so that nobody who writes one can say otherwise.
WHO_DECIDES = """
CREATE FUNCTION who_decides() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT submitted_by INTO NEW.submitted_by FROM claim WHERE id = NEW.claim_id;
  SELECT partner_id INTO NEW.decider_partner_id FROM account WHERE id = NEW.decided_by;
  SELECT decided_by INTO NEW.proposed_by FROM claim_decision
    WHERE id = NEW.confirms AND line_id = NEW.line_id AND proposed;
  RETURN NEW;
END$$
"""

# A partner's role changes no claim. What its office may do about one goes through here: for its own claims, along the
# moves of the state table, and nothing else. It tells how many lines moved.
PARTNER_MOVES = """
CREATE FUNCTION partner_moves_claim(p_claim uuid, p_move text, p_lines uuid[]) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE
  was claim;
  moved integer;
BEGIN
  SELECT * INTO was FROM claim WHERE id = p_claim AND partner_id = current_partner() FOR NO KEY UPDATE;
  IF was.id IS NULL OR was.state IN ('paid', 'withdrawn') THEN
    RETURN 0;
  END IF;
  IF p_move = 'withdraw' THEN
    UPDATE claim_line SET state = 'withdrawn', proposed = false
      WHERE claim_id = p_claim AND state IN ('accepted', 'approved', 'in_review', 'sent_back');
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved > 0 THEN
      UPDATE claim SET state = 'withdrawn', payable = false, needs_second = false, answer_by = NULL,
          told = '{"state": "withdrawn", "reasons": []}'
        WHERE id = p_claim;
      UPDATE claim_line SET proposed = false WHERE claim_id = p_claim AND proposed;
    END IF;
    RETURN moved;
  ELSIF p_move NOT IN ('answer', 'appeal') OR was.scan_id IS NULL THEN
    RETURN 0;
  END IF;
  UPDATE claim_line SET state = 'in_review', proposed = false, appealed = appealed OR p_move = 'appeal'
    WHERE claim_id = p_claim AND id = ANY (p_lines)
      AND ((p_move = 'answer' AND state = 'sent_back') OR (p_move = 'appeal' AND state = 'refused' AND NOT appealed));
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved > 0 THEN
    UPDATE claim SET state = 'in_review', payable = false, appealed = appealed OR p_move = 'appeal',
        needs_second = EXISTS (SELECT FROM claim_line WHERE claim_id = p_claim AND proposed),
        answer_by = CASE WHEN EXISTS (SELECT FROM claim_line WHERE claim_id = p_claim AND state = 'sent_back')
          THEN answer_by END,
        told = jsonb_build_object('state', 'in_review', 'reasons',
          jsonb_build_array(CASE p_move WHEN 'appeal' THEN 'appealed' ELSE 'answered' END))
      WHERE id = p_claim;
  END IF;
  RETURN moved;
END$$
"""


def upgrade() -> None:
    _claims()
    _decisions()
    _replies()
    _preauthorisations()
    _returns()
    for name in TABLES:
        rights = "SELECT, INSERT" if name in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {rights} ON {name} TO fieldstone_app")
    for name in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {name} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    # A partner sees its own replies, requests and expected parts; who decided, and why in our words, is not for it.
    for name in ("claim_reply", "preauthorisation", "core_return"):
        op.execute(f"CREATE POLICY own ON {name} TO fieldstone_partner USING ({OWN}) WITH CHECK ({OWN})")
    op.execute("GRANT SELECT, INSERT ON claim_reply TO fieldstone_partner")
    op.execute(
        f"GRANT SELECT ({PREAUTHORISATION_COLUMNS}), INSERT ({PREAUTHORISATION_NEW}) "
        "ON preauthorisation TO fieldstone_partner"
    )
    op.execute(f"GRANT SELECT ({RETURN_COLUMNS}), INSERT ({RETURN_NEW}) ON core_return TO fieldstone_partner")
    op.execute(f"GRANT SELECT ({CLAIM_COLUMNS}) ON claim TO fieldstone_partner")
    op.execute(PARTNER_MOVES)
    op.execute("REVOKE ALL ON FUNCTION partner_moves_claim(uuid, text, uuid[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION partner_moves_claim(uuid, text, uuid[]) TO fieldstone_partner")


def _states(table: str, states: str) -> None:
    op.drop_constraint(f"ck_{table}_state", table)
    op.create_check_constraint(op.f(f"ck_{table}_state"), table, f"state IN {states}")


def _paid_once(where: str) -> None:
    op.drop_index("uq_claim_assignment_paid_once", "claim")
    op.create_index(
        "uq_claim_assignment_paid_once", "claim", ["assignment_id"], unique=True, postgresql_where=sa.text(where)
    )


def _claims() -> None:
    for table in ("claim", "claim_line"):
        _states(table, STATES)
    op.add_column("claim", sa.Column("submitted_by", sa.Uuid(), nullable=True))
    op.execute("UPDATE claim SET submitted_by = journal.actor_id FROM journal WHERE journal.op_id = claim.id")
    op.execute(
        "UPDATE claim SET submitted_by = visit.technician_id FROM visit "
        "WHERE visit.id = claim.visit_id AND claim.submitted_by IS NULL"
    )
    op.add_column("claim", sa.Column("preauthorisation_id", sa.Uuid(), nullable=True))
    for name in ("repeat_trip", "needs_second", "appealed"):
        op.add_column("claim", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("claim", sa.Column("answer_by", sa.Date(), nullable=True))
    op.add_column("claim", sa.Column("paid_at", MOMENT, nullable=True))
    op.add_column("claim", sa.Column("paid_by", sa.Uuid(), nullable=True))
    op.create_check_constraint(
        op.f("ck_claim_repeat_trip"), "claim", "NOT repeat_trip OR preauthorisation_id IS NOT NULL"
    )
    op.create_unique_constraint("uq_claim_preauthorisation_id", "claim", ["preauthorisation_id"])
    _paid_once("state IN ('accepted', 'approved', 'paid') AND NOT repeat_trip")
    op.add_column("claim_line", sa.Column("reason", sa.Text(), server_default="", nullable=False))
    for name in ("proposed", "appealed"):
        op.add_column("claim_line", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("claim_line", sa.Column("approved_minutes", sa.Integer(), nullable=True))
    op.add_column("claim_line", sa.Column("approved_quantity", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_claim_line_held_is_not_paid"), "claim_line", "state <> 'paid' OR NOT on_hold")
    op.create_check_constraint(
        op.f("ck_claim_line_approved"),
        "claim_line",
        "approved_minor BETWEEN 0 AND coalesce(amount_minor, approved_minor)",
    )


def _decisions() -> None:
    op.create_table(
        "claim_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_minor", sa.BigInteger(), nullable=True),
        sa.Column("approved_minutes", sa.Integer(), nullable=True),
        sa.Column("approved_quantity", sa.Integer(), nullable=True),
        sa.Column("needs_two", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("proposed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("confirms", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decider_partner_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "decision IN ('approve', 'approve_in_part', 'refuse', 'send_back')", name=op.f("ck_claim_decision_decision")
        ),
        sa.CheckConstraint("decider_partner_id IS NULL", name=op.f("ck_claim_decision_decider_is_ours")),
        sa.CheckConstraint("decided_by <> submitted_by", name=op.f("ck_claim_decision_not_the_submitter")),
        sa.CheckConstraint(
            f"NOT needs_two OR NOT ({GRANTED}) OR proposed OR confirms IS NOT NULL",
            name=op.f("ck_claim_decision_two_people"),
        ),
        sa.CheckConstraint(
            f"reason <> 'goodwill' OR NOT ({GRANTED}) OR needs_two", name=op.f("ck_claim_decision_goodwill_needs_two")
        ),
        sa.CheckConstraint("(confirms IS NULL) = (proposed_by IS NULL)", name=op.f("ck_claim_decision_confirms")),
        sa.CheckConstraint(
            "proposed_by <> decided_by AND NOT (proposed AND confirms IS NOT NULL)",
            name=op.f("ck_claim_decision_second_person"),
        ),
        sa.CheckConstraint("reason <> 'other' OR note <> ''", name=op.f("ck_claim_decision_other_says_why")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_decision_claim_id"),
        sa.ForeignKeyConstraint(["line_id"], ["claim_line.id"], name="fk_claim_decision_line_id"),
        sa.ForeignKeyConstraint(["confirms"], ["claim_decision.id"], name="fk_claim_decision_confirms"),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name="fk_claim_decision_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_decision"),
        sa.UniqueConstraint("confirms", name="uq_claim_decision_confirms"),
    )
    op.create_index("ix_claim_decision_line_id_id", "claim_decision", ["line_id", "id"])
    op.create_index("ix_claim_decision_claim_id", "claim_decision", ["claim_id"])
    op.create_index("ix_claim_decision_decided_by_decided_at", "claim_decision", ["decided_by", "decided_at"])
    op.execute(WHO_DECIDES)
    op.execute("CREATE TRIGGER who_decides BEFORE INSERT ON claim_decision FOR EACH ROW EXECUTE FUNCTION who_decides()")


def _replies() -> None:
    op.create_table(
        "claim_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("photo_ids", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("replied_by", sa.Uuid(), nullable=False),
        sa.Column("replied_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('answer', 'appeal', 'withdraw')", name=op.f("ck_claim_reply_kind")),
        sa.CheckConstraint("(kind = 'withdraw') = (line_id IS NULL)", name=op.f("ck_claim_reply_line")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_reply_claim_id"),
        sa.ForeignKeyConstraint(["line_id"], ["claim_line.id"], name="fk_claim_reply_line_id"),
        sa.ForeignKeyConstraint(["replied_by"], ["account.id"], name="fk_claim_reply_replied_by"),
        sa.PrimaryKeyConstraint("id", name="pk_claim_reply"),
    )
    op.create_index(
        "uq_claim_reply_appeal_once",
        "claim_reply",
        ["line_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'appeal'"),
    )
    op.create_index("ix_claim_reply_claim_id", "claim_reply", ["claim_id"])


def _preauthorisations() -> None:
    op.create_table(
        "preauthorisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(start=800001), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="requested", nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("granted", JSONB(none_as_null=True), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('requested', 'granted', 'refused')", name=op.f("ck_preauthorisation_state")),
        sa.CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name=op.f("ck_preauthorisation_decided")),
        sa.CheckConstraint(
            "(state = 'granted') = (granted IS NOT NULL AND valid_until IS NOT NULL)",
            name=op.f("ck_preauthorisation_granted"),
        ),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_preauthorisation_not_the_asker")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_preauthorisation_job_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_preauthorisation_partner_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name="fk_preauthorisation_asked_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name="fk_preauthorisation_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_preauthorisation"),
        sa.UniqueConstraint("number", name="uq_preauthorisation_number"),
        sa.UniqueConstraint("id", "job_id", "partner_id", name="uq_preauthorisation_id_job_id_partner_id"),
    )
    op.create_index("ix_preauthorisation_partner_id_number", "preauthorisation", ["partner_id", "number"])
    op.create_index("ix_preauthorisation_state_number", "preauthorisation", ["state", "number"])
    op.create_index("ix_preauthorisation_job_id", "preauthorisation", ["job_id"])
    op.create_foreign_key(
        "fk_claim_preauthorisation_id_job_id_partner_id",
        "claim",
        "preauthorisation",
        ["preauthorisation_id", "job_id", "partner_id"],
        ["id", "job_id", "partner_id"],
    )


def _returns() -> None:
    op.create_table(
        "core_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="expected", nullable=False),
        sa.Column("part_number", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), server_default="", nullable=False),
        sa.Column("serial_key", sa.Text(), server_default="", nullable=False),
        sa.Column("expected_at", MOMENT, nullable=False),
        sa.Column("received_serial", sa.Text(), nullable=True),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.Column("matches", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("waive_reason", sa.Text(), nullable=True),
        sa.Column("waived_by", sa.Uuid(), nullable=True),
        sa.Column("waived_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('expected', 'received', 'waived')", name=op.f("ck_core_return_state")),
        sa.CheckConstraint("(state = 'received') <= (received_by IS NOT NULL)", name=op.f("ck_core_return_received")),
        sa.CheckConstraint(
            "(state = 'waived') = (waived_by IS NOT NULL AND waive_reason IS NOT NULL)",
            name=op.f("ck_core_return_waived"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_core_return_claim_id"),
        sa.ForeignKeyConstraint(["line_id"], ["claim_line.id"], name="fk_core_return_line_id"),
        sa.ForeignKeyConstraint(["received_by"], ["account.id"], name="fk_core_return_received_by"),
        sa.ForeignKeyConstraint(["waived_by"], ["account.id"], name="fk_core_return_waived_by"),
        sa.PrimaryKeyConstraint("id", name="pk_core_return"),
        sa.UniqueConstraint("line_id", name="uq_core_return_line_id"),
    )
    op.create_index("ix_core_return_state_id", "core_return", ["state", "id"])
    op.create_index("ix_core_return_partner_id_id", "core_return", ["partner_id", "id"])
    op.create_index("ix_core_return_claim_id", "core_return", ["claim_id"])
    op.create_index("ix_core_return_serial_key", "core_return", ["serial_key"])


def downgrade() -> None:
    op.execute("DROP FUNCTION partner_moves_claim(uuid, text, uuid[])")
    op.execute(f"REVOKE SELECT ({CLAIM_COLUMNS}) ON claim FROM fieldstone_partner")
    op.drop_constraint("fk_claim_preauthorisation_id_job_id_partner_id", "claim", type_="foreignkey")
    for name in TABLES:
        op.drop_table(name)
    op.execute("DROP FUNCTION who_decides()")
    for name in ("ck_claim_line_approved", "ck_claim_line_held_is_not_paid"):
        op.drop_constraint(name, "claim_line")
    for name in ("approved_quantity", "approved_minutes", "appealed", "proposed", "reason"):
        op.drop_column("claim_line", name)
    _paid_once("state IN ('accepted', 'approved', 'paid')")
    for name in (
        "paid_by",
        "paid_at",
        "answer_by",
        "appealed",
        "needs_second",
        "repeat_trip",
        "preauthorisation_id",
        "submitted_by",
    ):
        op.drop_column("claim", name)
    # The release before knows no line that waits for its partner: a person looks at it again.
    for table in ("claim_line", "claim"):
        op.execute(f"UPDATE {table} SET state = 'in_review' WHERE state = 'sent_back'")
        _states(table, STATES_BEFORE)
