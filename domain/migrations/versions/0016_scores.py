"""Points of a claim with their reasons, what they are compared with, positions, and the prints of photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = ("claim_measure", "claim_norm", "claim_score", "photo_print")
PLACES = ("site", "scan", "photo")
OWN = "partner_id = current_partner()"


def upgrade() -> None:
    for name in PLACES:
        op.add_column(name, sa.Column("latitude_e6", sa.Integer()))
        op.add_column(name, sa.Column("longitude_e6", sa.Integer()))
    op.add_column("photo", sa.Column("from_gallery", sa.Boolean()))
    op.create_index("ix_photo_upload_id", "photo", ["upload_id"])
    digits = sa.Computed("regexp_replace(phone, '[^0-9]', '', 'g')", persisted=True)
    op.add_column("account", sa.Column("phone_digits", sa.Text(), digits, nullable=False))
    # A partner's office reads the number itself, and gets the row back that it writes.
    op.execute("GRANT SELECT (phone_digits) ON account TO fieldstone_partner")
    op.create_index("ix_account_phone_digits", "account", ["phone_digits"])
    op.create_index("ix_account_email", "account", ["email"])
    op.add_column("claim", sa.Column("risk_points", sa.Integer()))
    op.add_column("claim", sa.Column("scored_at", MOMENT))
    op.create_index(
        "ix_claim_risk_points_number",
        "claim",
        ["risk_points", "number"],
        postgresql_where=sa.text("state = 'in_review'"),
    )
    op.create_index(
        "ix_scan_partner_id_scanned_at",
        "scan",
        ["partner_id", "scanned_at"],
        postgresql_where=sa.text("partner_id IS NOT NULL"),
    )
    op.create_index(
        "ix_core_return_weighed",
        "core_return",
        ["part_number", "id"],
        postgresql_where=sa.text("weight_grams IS NOT NULL"),
    )
    _measures()
    _scores()
    _prints()
    for name in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO fieldstone_app")
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
    op.execute("REVOKE UPDATE, DELETE ON claim_score FROM fieldstone_app")
    # A partner's transaction stores the prints of its own photos and sees none.
    op.execute("GRANT INSERT ON photo_print TO fieldstone_partner")
    op.execute(f"CREATE POLICY own ON photo_print FOR INSERT TO fieldstone_partner WITH CHECK ({OWN})")


def _measures() -> None:
    op.create_table(
        "claim_measure",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("fault_group_id", sa.Uuid()),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("labour_minutes", sa.Integer(), nullable=False),
        sa.Column("travel_minutes", sa.Integer(), nullable=False),
        sa.Column("parts_minor", sa.BigInteger(), nullable=False),
        sa.Column("at_cap", sa.Boolean(), nullable=False),
        sa.Column("no_fault_found", sa.Boolean(), nullable=False),
        sa.Column("end_of_cover", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claim_measure")),
    )
    op.create_index("ix_claim_measure_technician_id_on", "claim_measure", ["technician_id", "on"])
    op.create_index("ix_claim_measure_partner_id_city_on", "claim_measure", ["partner_id", "city", "on"])
    op.create_index("ix_claim_measure_unit_id_on", "claim_measure", ["unit_id", "on"])
    op.create_index("ix_claim_measure_on", "claim_measure", ["on"], postgresql_using="brin")
    op.create_table(
        "claim_norm",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("fault_group_id", sa.Uuid(), nullable=False),
        sa.Column("median", sa.Float(), nullable=False),
        sa.Column("mad", sa.Float(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reckoned_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("what", "model_id", "fault_group_id", name=op.f("pk_claim_norm")),
    )


def _scores() -> None:
    op.create_table(
        "claim_score",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("scored_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_score_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_score")),
    )
    op.create_index("ix_claim_score_claim_id_scored_at", "claim_score", ["claim_id", "scored_at"])


def _prints() -> None:
    op.create_table(
        "photo_print",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("print", sa.BigInteger(), nullable=False),
        *(sa.Column(f"band_{n}", sa.SmallInteger(), nullable=False) for n in range(4)),
        sa.CheckConstraint("kind IN ('d', 'f')", name=op.f("ck_photo_print_kind")),
        sa.CheckConstraint("part IN ('whole', 'middle')", name=op.f("ck_photo_print_part")),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_photo_print_upload_id")),
        sa.PrimaryKeyConstraint("upload_id", "kind", "part", name=op.f("pk_photo_print")),
    )
    for n in range(4):
        op.create_index(
            f"ix_photo_print_band_{n}",
            "photo_print",
            [f"band_{n}", "kind"],
            postgresql_include=["print", "upload_id"],
        )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
    op.drop_index("ix_core_return_weighed", "core_return")
    op.drop_index("ix_scan_partner_id_scanned_at", "scan")
    op.drop_index("ix_claim_risk_points_number", "claim")
    op.drop_column("claim", "scored_at")
    op.drop_column("claim", "risk_points")
    op.drop_index("ix_account_email", "account")
    op.drop_index("ix_account_phone_digits", "account")
    op.drop_column("account", "phone_digits")
    op.drop_index("ix_photo_upload_id", "photo")
    op.drop_column("photo", "from_gallery")
    for name in PLACES:
        op.drop_column(name, "longitude_e6")
        op.drop_column(name, "latitude_e6")
