"""Claims that wait are found by their weight: what they ask for and how risky they look."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WEIGHT = "coalesce(asked_minor, 0) + 1000 * coalesce(risk_points, 0)::bigint"


def upgrade() -> None:
    op.add_column("claim", sa.Column("review_weight", sa.BigInteger(), sa.Computed(WEIGHT, persisted=True)))
    op.create_index(
        "ix_claim_review_weight_number",
        "claim",
        ["review_weight", "number"],
        postgresql_where=sa.text("state = 'in_review' OR needs_second"),
    )


def downgrade() -> None:
    op.drop_index("ix_claim_review_weight_number", "claim")
    op.drop_column("claim", "review_weight")
