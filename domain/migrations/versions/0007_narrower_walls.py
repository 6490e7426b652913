"""What is paid is paid on an assignment of its own partner; a partner's role changes no more than its people do."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JOB_COLUMNS = "technician_id, state, closed_at, version"
NUMBERS = "account_number_seq, job_number_seq, claim_number_seq, report_number_seq"
OWN_TECHNICIAN = """partner_id = current_partner() AND EXISTS (
  SELECT FROM account WHERE account.id = account_id AND account.partner_id = current_partner() AND role = 'technician'
)"""


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_assignment_id_partner_id"), "assignment", ["id", "partner_id"])
    paying = "CASE WHEN state IN ('accepted', 'approved', 'paid') THEN partner_id END"
    op.add_column("claim", sa.Column("paid_partner_id", sa.Uuid(), sa.Computed(paying, persisted=True)))
    op.create_foreign_key(
        op.f("fk_claim_assignment_id_paid_partner_id"),
        "claim",
        "assignment",
        ["assignment_id", "paid_partner_id"],
        ["id", "partner_id"],
    )
    # A job that could be turned to another unit would show that unit; who may write an assignment may give work out.
    op.execute("REVOKE UPDATE ON job FROM fieldstone_partner")
    op.execute(f"GRANT UPDATE ({JOB_COLUMNS}) ON job TO fieldstone_partner")
    op.execute("REVOKE INSERT ON assignment FROM fieldstone_partner")
    op.execute("DROP POLICY own ON invitation")
    op.execute(
        f"CREATE POLICY own ON invitation TO fieldstone_partner USING ({OWN_TECHNICIAN}) WITH CHECK ({OWN_TECHNICIAN})"
    )
    # Numbers come with their rows; asked for by themselves they count everybody's.
    op.execute(f"REVOKE ALL ON SEQUENCE {NUMBERS} FROM fieldstone_partner")


def downgrade() -> None:
    op.execute(f"GRANT USAGE ON SEQUENCE {NUMBERS} TO fieldstone_partner")
    op.execute("DROP POLICY own ON invitation")
    own = "partner_id = current_partner()"
    op.execute(f"CREATE POLICY own ON invitation TO fieldstone_partner USING ({own}) WITH CHECK ({own})")
    op.execute("GRANT INSERT ON assignment TO fieldstone_partner")
    op.execute("GRANT UPDATE ON job TO fieldstone_partner")
    op.drop_constraint(op.f("fk_claim_assignment_id_paid_partner_id"), "claim", type_="foreignkey")
    op.drop_column("claim", "paid_partner_id")
    op.drop_constraint(op.f("uq_assignment_id_partner_id"), "assignment", type_="unique")
