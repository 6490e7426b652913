"""Letters to customers, and the collection codes that stand in them beside those of the phones."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_letter_state")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_letter_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("report_id", "address", name=op.f("uq_letter_report_id_address")),
    )
    op.create_index("ix_letter_created_at", "letter", ["created_at"])
    op.execute("ALTER TABLE letter ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY ours ON letter TO fieldstone_app USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE ON letter TO fieldstone_app")
    op.add_column("collection", sa.Column("letter_id", sa.Uuid(), nullable=True))
    op.drop_constraint(op.f("uq_collection_visit_id"), "collection")
    # A visit has one code of the phone's, and one of each letter's.
    op.create_index(
        "uq_collection_visit_id", "collection", ["visit_id"], unique=True, postgresql_where=sa.text("letter_id IS NULL")
    )
    op.create_index("ix_collection_visit_id", "collection", ["visit_id"])


def downgrade() -> None:
    op.execute("DELETE FROM collection WHERE letter_id IS NOT NULL")
    op.drop_index("ix_collection_visit_id", "collection")
    op.drop_index("uq_collection_visit_id", "collection")
    op.create_unique_constraint(op.f("uq_collection_visit_id"), "collection", ["visit_id"])
    op.drop_column("collection", "letter_id")
    op.drop_table("letter")
