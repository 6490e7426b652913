"""A partner's role writes its own technicians' feeds only, and decides nothing; what grows for ever is found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

FEEDS = ("feed_counter", "feed_entry", "feed_mark")
OWN = "partner_id = current_partner()"
# A feed is named t:<technician>; any other name, such as the catalogue's, finds no account.
OWN_FEED = f"""{OWN} AND EXISTS (
  SELECT FROM account WHERE account.partner_id = current_partner()
    AND account.id = CASE WHEN feed LIKE 't:%' THEN substr(feed, 3)::uuid END
)"""
DEVICE_COLUMNS = "app_version, last_seq, last_seen_at, revoked_at"


def upgrade() -> None:
    for name in FEEDS:
        op.execute(f"DROP POLICY own ON {name}")
        op.execute(f"CREATE POLICY own ON {name} TO fieldstone_partner USING ({OWN}) WITH CHECK ({OWN_FEED})")
    op.execute("DROP POLICY own ON recorded_work")
    op.execute(
        f"CREATE POLICY own ON recorded_work TO fieldstone_partner USING ({OWN}) "
        f"WITH CHECK ({OWN} AND decision IS NULL)"
    )
    op.execute("REVOKE UPDATE ON device FROM fieldstone_partner")
    op.execute(f"GRANT UPDATE ({DEVICE_COLUMNS}) ON device TO fieldstone_partner")
    op.create_index(
        "ix_recorded_work_decided",
        "recorded_work",
        ["decision", "at", "seq", "op_id"],
        postgresql_where=sa.text("decision IS NOT NULL"),
    )
    op.create_index("ix_quarantine_partner_id_id", "quarantine", ["partner_id", "id"])
    op.create_index(
        "ix_transfer_not_kept", "transfer", ["account_id", "created_at"], postgresql_where=sa.text("upload_id IS NULL")
    )
    op.drop_index("ix_transfer_account_id_created_at", "transfer")


def downgrade() -> None:
    op.create_index("ix_transfer_account_id_created_at", "transfer", ["account_id", "created_at"])
    op.drop_index("ix_transfer_not_kept", "transfer")
    op.drop_index("ix_quarantine_partner_id_id", "quarantine")
    op.drop_index("ix_recorded_work_decided", "recorded_work")
    op.execute("GRANT UPDATE ON device TO fieldstone_partner")
    for name in (*FEEDS, "recorded_work"):
        op.execute(f"DROP POLICY own ON {name}")
        op.execute(f"CREATE POLICY own ON {name} TO fieldstone_partner USING ({OWN}) WITH CHECK ({OWN})")
