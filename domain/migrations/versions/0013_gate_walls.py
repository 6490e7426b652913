"""Walls of the gate: repair windows, components in one place, photos, dated authorisations."""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
