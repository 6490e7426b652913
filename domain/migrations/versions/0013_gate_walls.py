"""Walls of the gate: repair windows, components in one place, photos, dated authorisations."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _money()
    _permits()


def downgrade() -> None:
    _no_permits()
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


def _permits() -> None:
    op.create_table(
        "authorisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("product_line", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_authorisation_days")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_authorisation_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorisation")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_authorisation_id_partner_id")),
    )
    op.create_index("ix_authorisation_partner_id", "authorisation", ["partner_id"])
    op.create_index("ix_authorisation_from_on_id", "authorisation", ["from_on", "id"])
    op.create_table(
        "certification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("product_line", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_certification_days")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_certification_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certification")),
    )
    op.create_index("ix_certification_account_id", "certification", ["account_id"])
    op.create_index("ix_certification_from_on_id", "certification", ["from_on", "id"])
    own = {
        "authorisation": "partner_id = current_partner()",
        "certification": "EXISTS (SELECT FROM account WHERE account.id = account_id "
        "AND account.partner_id = current_partner())",
    }
    for name, condition in own.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {name} TO fieldstone_app")
        op.execute(f"CREATE POLICY ours ON {name} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT ON {name} TO fieldstone_partner")
        op.execute(f"CREATE POLICY own ON {name} FOR SELECT TO fieldstone_partner USING ({condition})")
    op.add_column("claim", sa.Column("authorisation_id", sa.Uuid()))
    # Until now every partner repaired everything everywhere, and every technician: the office narrows it from here.
    op.execute(
        "INSERT INTO authorisation (id, partner_id, product_line, region, from_on) "
        "SELECT gen_random_uuid(), id, '*', '*', '2000-01-01' FROM partner"
    )
    op.execute(
        "INSERT INTO certification (id, account_id, product_line, from_on) "
        "SELECT gen_random_uuid(), id, '*', '2000-01-01' FROM account WHERE role = 'technician'"
    )
    op.execute(
        "UPDATE claim SET authorisation_id = authorisation.id FROM authorisation "
        "WHERE authorisation.partner_id = claim.partner_id"
    )
    op.create_foreign_key(
        op.f("fk_claim_authorisation_id_partner_id"),
        "claim",
        "authorisation",
        ["authorisation_id", "partner_id"],
        ["id", "partner_id"],
    )
    op.create_check_constraint(
        op.f("ck_claim_authorised"), "claim", "state <> 'accepted' OR authorisation_id IS NOT NULL"
    )


def _no_permits() -> None:
    op.drop_constraint(op.f("ck_claim_authorised"), "claim", type_="check")
    op.drop_constraint(op.f("fk_claim_authorisation_id_partner_id"), "claim", type_="foreignkey")
    op.drop_column("claim", "authorisation_id")
    op.drop_table("certification")
    op.drop_table("authorisation")
