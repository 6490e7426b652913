"""Tag codes of labels, what is watched for, and changes of a warranty that need two people."""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
