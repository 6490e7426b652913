"""A write confirms its session while its transaction opens, at no round trip of its own."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CONFIRM = """
CREATE FUNCTION confirm_session(p_session uuid) RETURNS void LANGUAGE plpgsql STABLE AS
$$BEGIN
  PERFORM FROM session JOIN account ON account.id = session.account_id LEFT JOIN device ON device.id = session.device_id
  WHERE session.id = p_session AND session.revoked_at IS NULL AND session.expires_at > now()
    AND account.disabled_at IS NULL AND device.revoked_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session has ended' USING ERRCODE = 'FS401';
  END IF;
END$$
"""


def upgrade() -> None:
    op.execute(CONFIRM)
    op.execute("REVOKE ALL ON FUNCTION confirm_session(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION confirm_session(uuid) TO fieldstone_app, fieldstone_partner")


def downgrade() -> None:
    op.execute("DROP FUNCTION confirm_session(uuid)")
