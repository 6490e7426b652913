"""Walls of the gate: repair windows, components in one place, photos, dated authorisations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import DATERANGE

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _money()
    _permits()
    _windows()
    _elsewhere()
    _holds()


def downgrade() -> None:
    _no_holds()
    _no_elsewhere()
    _no_windows()
    _no_permits()
    _no_money()


def _money() -> None:
    op.add_column("claim", sa.Column("currency", sa.Text()))
    op.add_column("claim", sa.Column("asked_minor", sa.BigInteger()))
    op.add_column("claim", sa.Column("approved_minor", sa.BigInteger()))
    op.add_column("claim_line", sa.Column("approved_minor", sa.BigInteger()))
    op.execute("GRANT SELECT (currency, asked_minor, approved_minor) ON claim TO fieldstone_partner")


def _no_money() -> None:
    op.drop_column("claim_line", "approved_minor")
    for name in ("approved_minor", "asked_minor", "currency"):
        op.drop_column("claim", name)


def _permits() -> None:
    op.create_table(
        "authorisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("product_line", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_authorisation_days")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_authorisation_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_authorisation_id_partner_id")),
    )
    op.create_index("ix_authorisation_partner_id", "authorisation", ["partner_id"])
    op.create_index("ix_authorisation_from_on_id", "authorisation", ["from_on", "id"])
    op.create_table(
        "certification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("product_line", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_certification_days")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_certification_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
    )
    op.create_index("ix_certification_account_id", "certification", ["account_id"])
    op.create_index("ix_certification_from_on_id", "certification", ["from_on", "id"])
    own = {
        "authorisation": "partner_id = current_partner()",
        "certification": "EXISTS (SELECT FROM account WHERE account.id = account_id "
        "AND account.partner_id = current_partner())",
    }
    for name, condition in own.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {name} TO fieldstone_app")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT ON {name} TO fieldstone_partner")
        op.execute(f"CREATE POLICY own ON {name} FOR SELECT TO fieldstone_partner USING ({condition})")
    op.add_column("claim", sa.Column("authorisation_id", sa.Uuid()))
    # Until now every partner repaired everything everywhere, and every technician: the office narrows it from here.
    op.execute(
        "INSERT INTO authorisation (id, partner_id, product_line, region, from_on) "
        "SELECT gen_random_uuid(), id, '*', '*', '2000-01-01' FROM partner"
    )
    op.execute(
        "INSERT INTO certification (id, account_id, product_line, from_on) "
        "SELECT gen_random_uuid(), id, '*', '2000-01-01' FROM account WHERE role = 'technician'"
    )
    op.execute(
        "UPDATE claim SET authorisation_id = authorisation.id FROM authorisation "
        "WHERE authorisation.partner_id = claim.partner_id"
    )
    op.create_foreign_key(
        op.f("fk_claim_authorisation_id_partner_id"),
        "claim",
        "authorisation",
        ["authorisation_id", "partner_id"],
        ["id", "partner_id"],
    )
    op.create_check_constraint(
        op.f("ck_claim_authorised"), "claim", "state <> 'accepted' OR authorisation_id IS NOT NULL"
    )


def _no_permits() -> None:
    op.drop_constraint(op.f("ck_claim_authorised"), "claim", type_="check")
    op.drop_constraint(op.f("fk_claim_authorisation_id_partner_id"), "claim", type_="foreignkey")
    op.drop_column("claim", "authorisation_id")
    op.drop_table("certification")
    op.drop_table("authorisation")


# As gate_unit was, and with the day of the failure.
GATE_UNIT = """
CREATE FUNCTION gate_unit(p_unit uuid)
  RETURNS TABLE (line_id uuid, claim_id uuid, claim_number bigint, visit_id uuid, partner_id uuid, state text,
                 fault_group_id uuid, repaired_on date{column})
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  IF session_user <> 'fieldstone_app' AND NOT EXISTS (
    SELECT FROM job WHERE job.unit_id = p_unit AND job.partner_id = current_partner()
  ) THEN
    RETURN;
  END IF;
  PERFORM FROM unit WHERE unit.id = p_unit FOR NO KEY UPDATE;
  RETURN QUERY
    SELECT line.id, line.claim_id, claim.number, claim.visit_id, line.partner_id, line.state, line.fault_group_id,
           claim.repaired_on{value}
    FROM claim_line AS line JOIN claim ON claim.id = line.claim_id
    WHERE line.unit_id = p_unit AND line.kind = 'fault' AND line.state IN ('accepted', 'approved', 'paid')
    ORDER BY line.id DESC
    LIMIT 200;
END$$
"""
# Unit and rivals in one answer: a claim holds the unit for as few round trips as can be. The status is read after the
# lock, by a statement of its own.
GATE_UNIT_NOW = """
CREATE FUNCTION gate_unit_now(p_unit uuid) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$DECLARE
  rivals json := (SELECT coalesce(json_agg(rival), '[]') FROM gate_unit(p_unit) AS rival);
BEGIN
  IF session_user <> 'fieldstone_app' AND NOT EXISTS (
    SELECT FROM job WHERE job.unit_id = p_unit AND job.partner_id = current_partner()
  ) THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object('status', (SELECT status FROM unit WHERE id = p_unit), 'rivals', rivals);
END$$
"""
WINDOW = "CASE WHEN failed_on <= repaired_on THEN daterange(failed_on, repaired_on, '[]') END"


def _grant(function: str) -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO fieldstone_app, fieldstone_partner")


def _windows() -> None:
    # Lines from before have no window: some would overlap, and paid is paid.
    op.add_column("claim_line", sa.Column("failed_on", sa.Date()))
    op.add_column("claim_line", sa.Column("repaired_on", sa.Date()))
    op.add_column("claim_line", sa.Column("repair_window", DATERANGE(), sa.Computed(WINDOW, persisted=True)))
    op.create_exclude_constraint(
        op.f("ex_claim_line_window"),
        "claim_line",
        ("unit_id", "="),
        ("fault_group_id", "="),
        ("repair_window", "&&"),
        using="gist",
        where=sa.text("kind = 'fault' AND state IN ('accepted', 'approved', 'paid')"),
    )
    op.execute("DROP FUNCTION gate_unit(uuid)")
    op.execute(GATE_UNIT.format(column=", failed_on date", value=", line.failed_on"))
    op.execute(GATE_UNIT_NOW)
    _grant("gate_unit(uuid)")
    _grant("gate_unit_now(uuid)")


def _no_windows() -> None:
    op.execute("DROP FUNCTION gate_unit_now(uuid)")
    op.execute("DROP FUNCTION gate_unit(uuid)")
    op.execute(GATE_UNIT.format(column="", value=""))
    _grant("gate_unit(uuid)")
    op.drop_constraint("ex_claim_line_window", "claim_line")
    for name in ("repair_window", "repaired_on", "failed_on"):
        op.drop_column("claim_line", name)


# The key a serial is looked up by, as domain/installs/serials.py makes it: half-width, upper case, without blanks,
# dashes and control characters.
COMPONENT_KEY = r"""
CREATE FUNCTION component_key(p_serial text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN regexp_replace(normalize(upper(normalize(p_serial, NFKC)), NFKC),
    '[\s\-\u0001-\u001F\u007F-\u00A0\u00AD\u061C\u180E\u200B-\u2015\u2028-\u202E\u2060-\u2064\u2066-\u206F\u2212\uFEFF]',
    '', 'g')
"""
# When a technician was at work on a visit: from the beginning to the end, without the pauses.
PRESENCE = """
CREATE FUNCTION visit_presence(p_visit uuid, p_since timestamptz, p_until timestamptz) RETURNS tstzmultirange
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  RETURN tstzmultirange(tstzrange(p_since, p_until)) - coalesce((
    SELECT range_agg(tstzrange(at, coalesce(next_at, p_until))) FROM (
      SELECT step, at, lead(at) OVER (ORDER BY at) AS next_at FROM visit_event
      WHERE visit_event.visit_id = p_visit AND NOT superseded
    ) AS steps WHERE step = 'pause' AND at < coalesce(next_at, p_until)
  ), '{}')
"""
# What of a visit is found elsewhere: rows of other partners and of the install base, and so for the gate alone. It
# answers for the caller's own visit; what a partner is told of it is decided by the gate's rules.
GATE_VISIT = """
CREATE FUNCTION gate_visit(p_visit uuid) RETURNS json
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$DECLARE
  own record;
BEGIN
  SELECT visit.id, visit.job_id, visit.technician_id, job.unit_id, job.site_id, visit.completed_at AS until,
         coalesce(visit.arrived_at, visit.started_at) AS since
  INTO own FROM visit JOIN job ON job.id = visit.job_id
  WHERE visit.id = p_visit AND (session_user = 'fieldstone_app' OR visit.partner_id = current_partner());
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object(
    'components', (
      SELECT coalesce(json_agg(hit), '[]') FROM (
        SELECT part.id AS part_id, part.new_serial_key AS serial, sits.unit_id, NULL::bigint AS claim_number
        FROM part_used AS part JOIN unit_component AS sits ON sits.component_serial = part.new_serial_key
        WHERE part.visit_id = own.id AND part.kind = 'used' AND part.voided_at IS NULL
          AND sits.removed_on IS NULL AND sits.unit_id <> own.unit_id
        UNION ALL
        SELECT part.id, part.new_serial_key, claim.unit_id, claim.number
        FROM part_used AS part JOIN part_used AS other ON other.new_serial_key = part.new_serial_key
        JOIN claim ON claim.visit_id = other.visit_id
        WHERE part.visit_id = own.id AND part.kind = 'used' AND part.voided_at IS NULL
          AND other.visit_id <> own.id AND other.kind = 'used' AND other.voided_at IS NULL
          AND claim.state NOT IN ('refused', 'withdrawn')
        LIMIT 50
      ) AS hit
    ),
    'visits', (
      SELECT coalesce(json_agg(hit), '[]') FROM (
        SELECT other.id AS visit_id, job.number AS job_number, begun.at AS arrived_at, other.completed_at
        FROM visit AS other JOIN job ON job.id = other.job_id
        CROSS JOIN LATERAL (SELECT coalesce(other.arrived_at, other.started_at) AS at) AS begun
        WHERE other.technician_id = own.technician_id AND other.id <> own.id AND other.state = 'completed'
          AND job.site_id <> own.site_id AND own.since < own.until
          AND other.completed_at > own.since AND other.completed_at < own.until + interval '2 days'
          AND begun.at < least(own.until, other.completed_at)
          AND visit_presence(other.id, begun.at, other.completed_at) && visit_presence(own.id, own.since, own.until)
        ORDER BY other.completed_at LIMIT 50
      ) AS hit
    ),
    'photos', (
      SELECT coalesce(json_agg(hit), '[]') FROM (
        SELECT photo.id AS photo_id, job.number AS job_number
        FROM photo JOIN photo AS other ON other.sha256 = photo.sha256
        JOIN visit ON visit.id = other.visit_id JOIN job ON job.id = visit.job_id
        WHERE photo.visit_id = own.id AND photo.voided_at IS NULL AND visit.job_id <> own.job_id
        LIMIT 50
      ) AS hit
    )
  );
END$$
"""
# The components of what was accepted or approved take their places: the old one is taken out, the new one sits there
# from the day of the repair, and the move is written down. Serials in one order, so that two claims never wait for each
# other. What sits there already is left alone, so that lines may be approved one after the other.
FIT_COMPONENTS = """
CREATE FUNCTION fit_components(p_claim uuid, p_at timestamptz, p_op uuid) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$DECLARE
  part record;
  old record;
  place uuid;
  fitted integer := 0;
BEGIN
  FOR part IN
    SELECT used.new_serial_key AS serial, component_key(used.old_serial) AS old_serial, used.model_component_id,
           claim.unit_id, claim.repaired_on
    FROM claim JOIN claim_line AS line ON line.claim_id = claim.id JOIN part_used AS used ON used.id = line.part_used_id
    WHERE claim.id = p_claim AND (session_user = 'fieldstone_app' OR claim.partner_id = current_partner())
      AND line.state IN ('accepted', 'approved') AND used.new_serial_key IS NOT NULL
    ORDER BY used.new_serial_key
  LOOP
    CONTINUE WHEN EXISTS (
      SELECT FROM unit_component AS sits
      WHERE sits.component_serial = part.serial AND sits.removed_on IS NULL AND sits.unit_id = part.unit_id
    );
    SELECT sits.id, sits.model_component_id, sits.component_serial INTO old FROM unit_component AS sits
    WHERE sits.unit_id = part.unit_id AND sits.removed_on IS NULL AND (
      sits.component_serial = part.old_serial OR sits.model_component_id = part.model_component_id
        AND (part.old_serial = '' OR sits.component_serial IS NULL)
        AND 1 = (SELECT count(*) FROM unit_component AS one WHERE one.unit_id = part.unit_id
                 AND one.model_component_id = part.model_component_id AND one.removed_on IS NULL)
    ) ORDER BY (sits.component_serial = part.old_serial) IS TRUE DESC LIMIT 1;
    place := coalesce(part.model_component_id, old.model_component_id);
    -- Nobody said what it is: the part is paid, and stands in no place.
    CONTINUE WHEN place IS NULL;
    UPDATE unit_component SET removed_on = greatest(fitted_on, part.repaired_on) WHERE id = old.id;
    INSERT INTO unit_component (id, unit_id, model_component_id, component_serial, fitted_on)
    VALUES (gen_random_uuid(), part.unit_id, place, part.serial, part.repaired_on);
    INSERT INTO unit_move (id, unit_id, "on", kind, summary, before, after, actor_id, op_id, at)
    VALUES (gen_random_uuid(), part.unit_id, part.repaired_on, 'component', 'claim',
            jsonb_strip_nulls(jsonb_build_object('component_serial', old.component_serial)),
            jsonb_build_object('model_component_id', place, 'component_serial', part.serial,
                               'fitted_on', part.repaired_on),
            current_setting('app.actor')::uuid, p_op, p_at);
    fitted := fitted + 1;
  END LOOP;
  RETURN fitted;
END$$
"""


def _elsewhere() -> None:
    op.execute(COMPONENT_KEY)
    op.add_column(
        "part_used",
        sa.Column("new_serial_key", sa.Text(), sa.Computed("nullif(component_key(new_serial), '')", persisted=True)),
    )
    op.create_index(
        "ix_part_used_new_serial_key",
        "part_used",
        ["new_serial_key"],
        postgresql_where=sa.text("new_serial_key IS NOT NULL"),
    )
    op.create_index(
        "ix_visit_technician_id_completed_at",
        "visit",
        ["technician_id", "completed_at"],
        postgresql_where=sa.text("completed_at IS NOT NULL"),
    )
    op.add_column("claim", sa.Column("photos_reused", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_claim_photos_of_this_job"), "claim", "state <> 'accepted' OR photos_reused = 0")
    for function in (PRESENCE, GATE_VISIT, FIT_COMPONENTS):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION visit_presence(uuid, timestamptz, timestamptz) FROM PUBLIC")
    _grant("gate_visit(uuid)")
    _grant("fit_components(uuid, timestamptz, uuid)")


def _no_elsewhere() -> None:
    op.execute("DROP FUNCTION fit_components(uuid, timestamptz, uuid)")
    op.execute("DROP FUNCTION gate_visit(uuid)")
    op.execute("DROP FUNCTION visit_presence(uuid, timestamptz, timestamptz)")
    op.drop_constraint("ck_claim_photos_of_this_job", "claim")
    op.drop_column("claim", "photos_reused")
    op.drop_index("ix_visit_technician_id_completed_at", "visit")
    op.drop_column("part_used", "new_serial_key")
    op.execute("DROP FUNCTION component_key(text)")


def _holds() -> None:
    op.add_column("claim_line", sa.Column("hold_reason", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE claim_line SET hold_reason = 'same-day' WHERE on_hold")


def _no_holds() -> None:
    op.drop_column("claim_line", "hold_reason")
