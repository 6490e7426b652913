"""A partner's role writes to its own reports alone, asks for amendments alone, and leaves the codes of letters alone."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OWN_VISIT = "EXISTS (SELECT FROM visit WHERE visit.id = visit_id AND visit.partner_id = current_partner())"
OWN_REPORT = "EXISTS (SELECT FROM report WHERE report.id = report_id AND report.partner_id = current_partner())"
# That a row says it is the partner's own does not make what it belongs to the partner's.
INSERTED = {
    "report": OWN_VISIT,
    "report_revision": OWN_REPORT,
    "report_person": OWN_REPORT,
    # Erasing takes one person, whatever was signed: from a partner it would be a way past the second one.
    "report_amendment": f"kind = 'amend' AND {OWN_REPORT}",
    "collection": f"letter_id IS NULL AND {OWN_VISIT}",
}


def upgrade() -> None:
    for table, condition in INSERTED.items():
        op.execute(
            f"CREATE POLICY of_its_own ON {table} AS RESTRICTIVE FOR INSERT TO fieldstone_partner WITH CHECK ({condition})"
        )
    op.execute(
        "CREATE POLICY none_of_a_letter ON collection AS RESTRICTIVE FOR UPDATE TO fieldstone_partner "
        "USING (letter_id IS NULL) WITH CHECK (letter_id IS NULL)"
    )


def downgrade() -> None:
    op.execute("DROP POLICY none_of_a_letter ON collection")
    for table in reversed(INSERTED):
        op.execute(f"DROP POLICY of_its_own ON {table}")
