"""A phone's id tells from which one it was enrolled, so that revoking a stolen phone reaches what it enrolled."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("enrolled_from", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("device", "enrolled_from")
