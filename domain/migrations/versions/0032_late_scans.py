"""A claim that was refused for want of a scan can be appealed once its visit has one."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# A partner's role changes no claim; through here a refused one of its own gets the scan that came after it: the one
# that proves most, in the order of the gate. What that does to its lines is `partner_moves_claim`'s.
LATE_SCAN = """
CREATE FUNCTION claim_takes_late_scan(p_claim uuid) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$
  UPDATE claim SET scan_id = (
      SELECT id FROM scan WHERE visit_id = claim.visit_id
        ORDER BY matches_job DESC, source <> 'typed' DESC,
          array_position(ARRAY['none', 'revoked', 'wrong', 'ok'], tag::text) DESC, scanned_at DESC
        LIMIT 1)
    WHERE id = p_claim AND partner_id = current_partner() AND scan_id IS NULL AND state = 'refused'
$$
"""


def upgrade() -> None:
    op.execute(LATE_SCAN)
    op.execute("REVOKE ALL ON FUNCTION claim_takes_late_scan(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION claim_takes_late_scan(uuid) TO fieldstone_partner")


def downgrade() -> None:
    op.execute("DROP FUNCTION claim_takes_late_scan(uuid)")
