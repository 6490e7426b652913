"""Lists of claims are walked by number: the id is the operation's, which over HTTP has no order."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_claim_partner_id_number", "claim", ["partner_id", "number"])
    op.create_index("ix_claim_state_number", "claim", ["state", "number"])
    op.drop_index("ix_claim_partner_id_id", "claim")
    op.drop_index("ix_claim_state_id", "claim")


def downgrade() -> None:
    op.create_index("ix_claim_partner_id_id", "claim", ["partner_id", "id"])
    op.create_index("ix_claim_state_id", "claim", ["state", "id"])
    op.drop_index("ix_claim_partner_id_number", "claim")
    op.drop_index("ix_claim_state_number", "claim")
