"""Refused rows of an import are kept beside the run, in the transaction that took the rows around them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_refusal",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_refusal_run_id")),
        sa.PrimaryKeyConstraint("run_id", "line", "column", name=op.f("pk_import_refusal")),
    )
    op.drop_column("import_run", "refusals_sha256")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON import_refusal TO fieldstone_app")
    op.execute("ALTER TABLE import_refusal ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY ours ON import_refusal TO fieldstone_app USING (true) WITH CHECK (true)")


def downgrade() -> None:
    op.add_column("import_run", sa.Column("refusals_sha256", sa.Text(), nullable=True))
    op.drop_table("import_refusal")
