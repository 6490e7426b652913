"""A partner's role opens claims and decides none; its keys are its own office's, its messages go to its own addresses."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPENED = "state IN ('accepted', 'in_review', 'refused')"
# What a row of a partner's transaction must be beside its own.
WALLS = {
    "claim": f"{OPENED} AND scored_at IS NULL AND risk_points IS NULL AND paid_at IS NULL",
    "claim_line": f"{OPENED} AND NOT proposed AND NOT appealed",
    # A key acts as its account: one of somebody else's would be a way in.
    "api_key": "EXISTS (SELECT FROM account WHERE account.id = account_id "
    "AND account.partner_id = current_partner() AND account.role = 'partner_office')",
    # What is sent to an address is signed with its secret.
    "webhook_message": "EXISTS (SELECT FROM webhook WHERE webhook.id = webhook_id "
    "AND webhook.partner_id = current_partner())",
}


def upgrade() -> None:
    for table, condition in WALLS.items():
        op.execute(
            f"CREATE POLICY as_it_may ON {table} AS RESTRICTIVE FOR INSERT TO fieldstone_partner WITH CHECK ({condition})"
        )


def downgrade() -> None:
    for table in reversed(WALLS):
        op.execute(f"DROP POLICY as_it_may ON {table}")
