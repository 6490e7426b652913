"""A visit that the office keyed in from paper says whether the office had been asked to."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visit", sa.Column("office_was_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False))


def downgrade() -> None:
    op.drop_column("visit", "office_was_asked")
