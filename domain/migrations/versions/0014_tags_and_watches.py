"""Tag codes of labels, what is watched for, and changes of a warranty that need two people."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OURS = ("unit_tag", "warranty_change", "honey_serial", "alert", "partner_lock", "watch_limits")
MOMENT = sa.DateTime(timezone=True)

# Who knows the hash of a label's code has read the label: it is answered with that unit, and nothing else is looked up.
UNIT_BY_TAG = """
CREATE FUNCTION unit_by_tag(p_hash bytea)
  RETURNS TABLE (unit_id uuid, serial_key text, gtin text, status text, revoked boolean, coverage json)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
  SELECT unit.id, unit.serial_key, model.gtin, unit.status, unit_tag.revoked_at IS NOT NULL,
    json_build_object(
      'model', model.code, 'unit_known', unit.status <> 'unconfirmed', 'customer_known', unit.customer_id IS NOT NULL,
      'warranty_start_on', unit.warranty_start_on, 'warranty_end_on', unit.warranty_end_on,
      'in_service_on', unit.in_service_on, 'installed_on', unit.installed_on, 'sold_on', unit.sold_on,
      'terms', coalesce((
        SELECT json_agg(json_build_object('from_on', term.from_on, 'parts_months', term.parts_months,
          'labour_months', term.labour_months, 'travel_months', term.travel_months))
        FROM warranty_term AS term WHERE term.model_id = unit.model_id), '[]'::json),
      'contracts', coalesce((
        SELECT json_agg(json_build_object('number', contract.number, 'status', contract.status,
          'starts_on', contract.starts_on, 'ends_on', contract.ends_on, 'covers_parts', contract.covers_parts,
          'covers_labour', contract.covers_labour, 'covers_travel', contract.covers_travel) ORDER BY contract.number)
        FROM contract JOIN contract_unit ON contract_unit.contract_id = contract.id
        WHERE contract_unit.unit_id = unit.id AND contract.customer_id = unit.customer_id), '[]'::json))
  FROM unit_tag JOIN unit ON unit.id = unit_tag.unit_id JOIN model ON model.id = unit.model_id
  WHERE unit_tag.code_hash = p_hash
$$
"""
# Its claims go to review; its people must not see that, so no grant of theirs reaches the table.
PARTNER_LOCKED = """
CREATE FUNCTION partner_locked(p_partner uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$
  SELECT EXISTS (
    SELECT FROM partner_lock WHERE partner_id = p_partner AND unlocked_at IS NULL
      AND (session_user = 'fieldstone_app' OR p_partner = current_partner())
  )
$$
"""
COVER_COLUMNS = ("warranty_type", "sold_on", "in_service_on", "installed_on", "warranty_start_on", "warranty_end_on")
# Whatever writes the dates - a command, an import, a program to come - they are those that two people agreed on.
TWO_PEOPLE = """
CREATE FUNCTION refuse_cover_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
DECLARE changed jsonb;
BEGIN
  IF EXISTS (SELECT FROM claim WHERE claim.unit_id = NEW.id) THEN
    SELECT jsonb_object_agg(is_now.key, coalesce(is_now.value #>> '{}', '')) INTO changed
    FROM jsonb_each(to_jsonb(NEW)) AS is_now JOIN jsonb_each(to_jsonb(OLD)) AS was USING (key)
    WHERE is_now.key IN (COLUMNS) AND is_now.value IS DISTINCT FROM was.value;
    IF NOT EXISTS (
      SELECT FROM warranty_change WHERE warranty_change.unit_id = NEW.id AND decision = 'approved' AND after @> changed
    ) THEN
      RAISE EXCEPTION 'the cover of a claimed unit is changed by two people' USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END$$
""".replace("COLUMNS", ", ".join(f"'{name}'" for name in COVER_COLUMNS))
TWO_PEOPLE_WATCH = f"""
CREATE TRIGGER cover_by_two BEFORE UPDATE OF {", ".join(COVER_COLUMNS)} ON unit FOR EACH ROW
  WHEN ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in COVER_COLUMNS)})
  EXECUTE FUNCTION refuse_cover_change()
"""


def upgrade() -> None:
    _tags()
    _warranty_changes()
    _watches()
    op.add_column("scan", sa.Column("tag", sa.Text(), server_default="none", nullable=False))
    op.create_check_constraint(op.f("ck_scan_tag"), "scan", "tag IN ('none', 'ok', 'wrong', 'revoked')")
    op.add_column("scan", sa.Column("strange_no", sa.Integer()))
    op.add_column("scan", sa.Column("entered_at", MOMENT, server_default=sa.func.now(), nullable=False))
    op.add_column("scan", sa.Column("serial_stem", sa.String(collation="C")))
    op.add_column("scan", sa.Column("serial_no", sa.BigInteger()))
    op.create_index(
        "ix_scan_run",
        "scan",
        ["partner_id", "serial_stem", "serial_no"],
        postgresql_where=sa.text("partner_id IS NOT NULL AND serial_no IS NOT NULL"),
    )
    # The gate reads it in the partner's own transaction; the partner itself is told by no route.
    op.execute("GRANT SELECT (tag) ON scan TO fieldstone_partner")
    for name in OURS:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_app")
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
    op.execute("REVOKE DELETE ON unit_tag, warranty_change, alert, partner_lock FROM fieldstone_app")
    op.execute("REVOKE UPDATE, DELETE ON watch_limits FROM fieldstone_app")
    for function, signature in ((UNIT_BY_TAG, "unit_by_tag(bytea)"), (PARTNER_LOCKED, "partner_locked(uuid)")):
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO fieldstone_app, fieldstone_partner")
    op.execute(TWO_PEOPLE)
    op.execute(TWO_PEOPLE_WATCH)


def _tags() -> None:
    op.create_table(
        "unit_tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.SmallInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_reason", sa.Text()),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_reason IS NULL)", name=op.f("ck_unit_tag_revoked")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_tag_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_tag")),
        sa.UniqueConstraint("unit_id", "generation", name=op.f("uq_unit_tag_unit_id_generation")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_unit_tag_code_hash")),
    )
    op.create_index("ix_unit_tag_issued_at", "unit_tag", ["issued_at", "id"])


def _warranty_changes() -> None:
    op.create_table(
        "warranty_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.Column("note", sa.Text()),
        sa.CheckConstraint("decision IN ('approved', 'declined')", name=op.f("ck_warranty_change_decision")),
        sa.CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name=op.f("ck_warranty_change_decided")),
        sa.CheckConstraint(
            "decision <> 'approved' OR decided_by <> requested_by", name=op.f("ck_warranty_change_two_people")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_warranty_change_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_change")),
    )
    op.create_index(op.f("ix_warranty_change_unit_id"), "warranty_change", ["unit_id"])
    op.create_index("ix_warranty_change_requested_at", "warranty_change", ["requested_at", "id"])


def _watches() -> None:
    op.create_table(
        "honey_serial",
        sa.Column("serial_key", sa.String(collation="C"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("serial_key", name=op.f("pk_honey_serial")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("once", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("unit_id", sa.Uuid()),
        sa.Column("scan_id", sa.Uuid()),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("handled_at", MOMENT),
        sa.Column("handled_by", sa.Uuid()),
        sa.Column("note", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("kind", "once", name=op.f("uq_alert_kind_once")),
    )
    op.create_index("ix_alert_at", "alert", ["at", "id"])
    op.create_index("ix_alert_waiting", "alert", ["at", "id"], postgresql_where=sa.text("handled_at IS NULL"))
    op.create_table(
        "partner_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("locked_at", MOMENT, nullable=False),
        sa.Column("unlocked_at", MOMENT),
        sa.Column("unlocked_by", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_lock_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_lock")),
    )
    op.create_index(
        "uq_partner_lock_now",
        "partner_lock",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text("unlocked_at IS NULL"),
    )
    op.create_table(
        "watch_limits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("limits", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_limits")),
    )
    op.create_index(op.f("ix_watch_limits_set_at"), "watch_limits", ["set_at"])


def downgrade() -> None:
    op.execute("DROP TRIGGER cover_by_two ON unit")
    op.execute("DROP FUNCTION refuse_cover_change()")
    op.execute("DROP FUNCTION partner_locked(uuid)")
    op.execute("DROP FUNCTION unit_by_tag(bytea)")
    op.drop_index("ix_scan_run", "scan")
    for name in ("serial_no", "serial_stem", "entered_at", "strange_no", "tag"):
        op.drop_column("scan", name)
    for name in reversed(OURS):
        op.drop_table(name)
