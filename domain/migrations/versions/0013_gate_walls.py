"""Walls of the gate: repair windows, components in one place, photos, dated authorisations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _money()


def downgrade() -> None:
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
