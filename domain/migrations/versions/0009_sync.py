"""Phones push and pull: recorded work, quarantine, failures, transfers in pieces, snapshots of shared feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OWN = ("recorded_work", "quarantine", "op_failure", "transfer", "transfer_part")
SHARED = ("feed_counter", "feed_entry", "feed_mark")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "recorded_work",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job_id", sa.Uuid()),
        sa.Column("visit_id", sa.Uuid()),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("decision", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_op", sa.Uuid()),
        sa.Column("decided_at", MOMENT),
        sa.CheckConstraint("decision IN ('accepted', 'declined')", name=op.f("ck_recorded_work_decision")),
        sa.CheckConstraint("(decision IS NULL) = (decided_by IS NULL)", name=op.f("ck_recorded_work_decided")),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_recorded_work")),
    )
    op.create_index(
        "ix_recorded_work_waiting",
        "recorded_work",
        ["at", "seq", "op_id"],
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_index(op.f("ix_recorded_work_job_id"), "recorded_work", ["job_id"])
    op.create_index(op.f("ix_recorded_work_actor_id"), "recorded_work", ["actor_id"])
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("op_id", sa.Uuid()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "why IN ('mismatch', 'undecodable', 'too-large', 'revoked')", name=op.f("ck_quarantine_why")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_op_id", "quarantine", ["op_id"])
    op.create_index("ix_quarantine_device_id_at", "quarantine", ["device_id", "at"])
    op.create_table(
        "op_failure",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_op_failure")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("sha256", sa.Text()),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("upload_id", sa.Uuid()),
        sa.Column("problem", postgresql.JSONB()),
        sa.CheckConstraint("received >= 0 AND received <= length", name=op.f("ck_transfer_received")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_transfer_account_id")),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_transfer_upload_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index("ix_transfer_account_id_created_at", "transfer", ["account_id", "created_at"])
    op.create_table(
        "transfer_part",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("at_byte", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_part_transfer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("transfer_id", "at_byte", name=op.f("pk_transfer_part")),
    )
    op.create_table(
        "feed_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("pos", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.BigInteger(), nullable=False),
        sa.Column("built_at", MOMENT, nullable=False),
        sa.Column("chunks", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_snapshot")),
    )
    op.create_index("ix_feed_snapshot_feed_pos", "feed_snapshot", ["feed", "pos"])
    op.create_index("ix_feed_entry_feed_seq", "feed_entry", ["feed", "seq"])
    for name in (*OWN, "feed_snapshot"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_app")
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
    for name in OWN:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_partner")
        op.execute(
            f"CREATE POLICY own ON {name} TO fieldstone_partner "
            "USING (partner_id = current_partner()) WITH CHECK (partner_id = current_partner())"
        )
    # What is recorded is decided by our office, and what is in quarantine stays there.
    op.execute("REVOKE UPDATE, DELETE ON recorded_work, quarantine FROM fieldstone_partner")
    op.execute("REVOKE UPDATE, DELETE ON quarantine FROM fieldstone_app")
    op.execute("GRANT SELECT ON feed_snapshot TO fieldstone_partner")
    op.execute("CREATE POLICY known_to_all ON feed_snapshot FOR SELECT TO fieldstone_partner USING (true)")
    for name in SHARED:
        op.execute(
            f"CREATE POLICY shared ON {name} FOR SELECT TO fieldstone_partner USING (feed IN ('catalogue', 'codes'))"
        )


def downgrade() -> None:
    for name in SHARED:
        op.execute(f"DROP POLICY shared ON {name}")
    op.drop_index("ix_feed_entry_feed_seq", "feed_entry")
    op.drop_table("feed_snapshot")
    op.drop_table("transfer_part")
    op.drop_table("transfer")
    op.drop_table("op_failure")
    op.drop_table("quarantine")
    op.drop_table("recorded_work")
