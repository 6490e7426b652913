"""The gate sees visits that do not end after they begin, and since when a unit has its status."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# When a technician was at work on a visit: from the beginning to the end, without the pauses; an end where the next
# visit begins is no overlap.
PRESENT = """tstzmultirange(tstzrange(p_since, p_until)) - coalesce((
    SELECT range_agg(tstzrange(at, coalesce(next_at, p_until))) FROM (
      SELECT step, at, lead(at) OVER (ORDER BY at) AS next_at FROM visit_event
      WHERE visit_event.visit_id = p_visit AND NOT superseded
    ) AS steps WHERE step = 'pause' AND at < coalesce(next_at, p_until)
  ), '{}')"""
# Who says that a visit ended as it began, or before, was there at both moments and between them; pauses of such a clock
# are not believed.
BETWEEN = "tstzmultirange(tstzrange(least(p_since, p_until), greatest(p_since, p_until), '[]'))"
PRESENCE = """
CREATE OR REPLACE FUNCTION visit_presence(p_visit uuid, p_since timestamptz, p_until timestamptz) RETURNS tstzmultirange
  LANGUAGE sql STABLE SET search_path = public, pg_temp
  RETURN {presence}
"""
# As it was, but for the visits that meet the caller's own; the look at both ends of each comes before the look at its
# pauses, which is dear.
MEETS = """other.completed_at BETWEEN least(own.since, own.until) - interval '2 days'
                                   AND greatest(own.since, own.until) + interval '2 days'
          AND least(begun.at, other.completed_at) <= greatest(own.since, own.until)
          AND greatest(begun.at, other.completed_at) >= least(own.since, own.until)"""
MET = """own.since < own.until
          AND other.completed_at > own.since AND other.completed_at < own.until + interval '2 days'
          AND begun.at < least(own.until, other.completed_at)"""
GATE_VISIT = """
CREATE OR REPLACE FUNCTION gate_visit(p_visit uuid) RETURNS json
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
          AND job.site_id <> own.site_id AND {meets}
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
# As it was, and with the day from which the status holds.
GATE_UNIT_NOW = """
CREATE OR REPLACE FUNCTION gate_unit_now(p_unit uuid) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$DECLARE
  rivals json := (SELECT coalesce(json_agg(rival), '[]') FROM gate_unit(p_unit) AS rival);
BEGIN
  IF session_user <> 'fieldstone_app' AND NOT EXISTS (
    SELECT FROM job WHERE job.unit_id = p_unit AND job.partner_id = current_partner()
  ) THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object('status', (SELECT status FROM unit WHERE id = p_unit){since}, 'rivals', rivals);
END$$
"""
STATUS_ON = """, 'status_on', (
    SELECT move."on" FROM unit_move AS move WHERE move.unit_id = p_unit AND move.kind = 'status'
    ORDER BY move.at DESC, move.id DESC LIMIT 1
  )"""


def upgrade() -> None:
    op.execute(PRESENCE.format(presence=f"CASE WHEN p_since < p_until THEN {PRESENT}\n  ELSE {BETWEEN} END"))
    op.execute(GATE_VISIT.format(meets=MEETS))
    op.execute(GATE_UNIT_NOW.format(since=STATUS_ON))


def downgrade() -> None:
    op.execute(GATE_UNIT_NOW.format(since=""))
    op.execute(GATE_VISIT.format(meets=MET))
    op.execute(PRESENCE.format(presence=PRESENT))
