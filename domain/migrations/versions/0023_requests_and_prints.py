"""Service requests of people who scan a label, and print jobs of the office."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("service_request", "print_job")


def upgrade() -> None:
    op.create_table(
        "service_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(start=300001), nullable=False),
        sa.Column("form_key", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("serial_key", sa.String(collation="C"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("photo_sha256", sa.Text(), nullable=True),
        sa.Column("received_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.Column("understood_at", MOMENT, nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('new', 'accepted', 'dismissed')", name=op.f("ck_service_request_state")),
        sa.CheckConstraint("label IN ('right', 'revoked', 'none')", name=op.f("ck_service_request_label")),
        sa.CheckConstraint("(state = 'accepted') = (job_id IS NOT NULL)", name=op.f("ck_service_request_accepted")),
        sa.CheckConstraint("(state = 'dismissed') = (reason IS NOT NULL)", name=op.f("ck_service_request_dismissed")),
        sa.CheckConstraint("(state = 'new') = (decided_by IS NULL)", name=op.f("ck_service_request_decided")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_service_request_unit_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_service_request_partner_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_service_request_job_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_service_request_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_request")),
        sa.UniqueConstraint("number", name=op.f("uq_service_request_number")),
        sa.UniqueConstraint("form_key", name=op.f("uq_service_request_form_key")),
    )
    op.create_index("ix_service_request_state_number", "service_request", ["state", "number"])
    op.create_index("ix_service_request_unit_id", "service_request", ["unit_id"])
    op.create_table(
        "print_job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("printed", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("media", sa.Text(), nullable=True),
        sa.Column("bytes_total", sa.BigInteger(), nullable=True),
        sa.Column("blob_sha256", sa.Text(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'gone')", name=op.f("ck_print_job_state")
        ),
        sa.CheckConstraint("(state = 'done') = (blob_sha256 IS NOT NULL)", name=op.f("ck_print_job_done")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_print_job_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
    )
    op.create_index("ix_print_job_account_id_asked_at", "print_job", ["account_id", "asked_at"])
    op.create_index("ix_print_job_state_finished_at", "print_job", ["state", "finished_at"])
    # Who asks for what at which machine is the office's to know: a partner's role has neither policy nor right.
    for name in TABLES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_app")


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
