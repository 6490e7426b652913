"""The desk's list is walked by the day a job is required; a partner's office walks its own."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_job_required_from_id", "job", ["required_from", "id"])
    op.create_index("ix_job_partner_id_required_from_id", "job", ["partner_id", "required_from", "id"])


def downgrade() -> None:
    op.drop_index("ix_job_partner_id_required_from_id", "job")
    op.drop_index("ix_job_required_from_id", "job")
