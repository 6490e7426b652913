"""The gate sees the lines of other claims that wait for a person: no later claim on the same fault passes them."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STANDING, WAITING = "'accepted', 'approved', 'paid'", "'in_review', 'sent_back'"
# As it was, but for the states; what stands comes first, so that no number of waiting lines hides it.
GATE_UNIT = """
CREATE OR REPLACE FUNCTION gate_unit(p_unit uuid)
  RETURNS TABLE (line_id uuid, claim_id uuid, claim_number bigint, visit_id uuid, partner_id uuid, state text,
                 fault_group_id uuid, repaired_on date, failed_on date)
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
           claim.repaired_on, line.failed_on
    FROM claim_line AS line JOIN claim ON claim.id = line.claim_id
    WHERE line.unit_id = p_unit AND line.kind = 'fault' AND line.state IN ({states})
    ORDER BY line.state IN ('in_review', 'sent_back'), line.id DESC
    LIMIT 200;
END$$
"""


def upgrade() -> None:
    op.execute(GATE_UNIT.format(states=f"{STANDING}, {WAITING}"))


def downgrade() -> None:
    op.execute(GATE_UNIT.format(states=STANDING))
