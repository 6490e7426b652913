"""A partner's technician may replace the collection code of a visit."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = "code_hash, pin_hash, tries, paused_until, created_at"


def upgrade() -> None:
    op.execute(f"GRANT UPDATE ({COLUMNS}) ON collection TO fieldstone_partner")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE ({COLUMNS}) ON collection FROM fieldstone_partner")
