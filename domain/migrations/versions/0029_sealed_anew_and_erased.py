"""Reports are sealed anew by the product itself; what people wrote in free words can be erased, and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KINDS, NOBODYS = "'amend', 'withdraw', 'sign', 'erase'", "'sign'"
# What erasing looks for: who cites a file, and the request behind a job.
SOUGHT = (
    ("service_request", "photo_sha256"),
    ("report_file", "blob_sha256"),
    ("upload", "blob_sha256"),
    ("print_job", "blob_sha256"),
    ("service_request", "job_id"),
)
ERASABLE = {"customer_answer": "note", "quarantine": "raw"}
# A row stays as it is, or its column is emptied.
ONLY_ERASED = """
CREATE FUNCTION change_only_to_erase() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp AS
$$BEGIN
  IF TG_OP = 'DELETE' OR (to_jsonb(NEW) ->> TG_ARGV[0]) NOT IN ('', '\\x')
     OR to_jsonb(NEW) - TG_ARGV[0] <> to_jsonb(OLD) - TG_ARGV[0] THEN
    RAISE EXCEPTION '% is append-only: only % may be emptied', TG_TABLE_NAME, TG_ARGV[0];
  END IF;
  RETURN NEW;
END$$
"""


def upgrade() -> None:
    _kinds("'amend', 'withdraw', 'sign', 'erase', 'reseal'", "'sign', 'reseal'")
    op.add_column("service_request", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_service_request_named",
        "service_request",
        [sa.text("coalesce(decided_at, received_at)")],
        postgresql_where=sa.text("erased_at IS NULL"),
    )
    for table, column in SOUGHT:
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.execute(ONLY_ERASED)
    op.execute("DROP TRIGGER append_only ON customer_answer")
    for table, column in ERASABLE.items():
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO fieldstone_app")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION change_only_to_erase('{column}')"
        )


def downgrade() -> None:
    for table, column in ERASABLE.items():
        op.execute(f"DROP TRIGGER append_only ON {table}")
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM fieldstone_app")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON customer_answer "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP FUNCTION change_only_to_erase()")
    for table, column in reversed(SOUGHT):
        op.drop_index(f"ix_{table}_{column}", table)
    op.drop_index("ix_service_request_named", "service_request")
    op.drop_column("service_request", "erased_at")
    _kinds(KINDS, NOBODYS)


def _kinds(kinds: str, nobodys: str) -> None:
    """Say which amendments there are, and which of them nobody asks for."""
    for name, holds in (
        ("kind", f"kind IN ({kinds})"),
        ("asked_by", f"(kind IN ({nobodys})) = (asked_by IS NULL)"),
    ):
        op.drop_constraint(op.f(f"ck_report_amendment_{name}"), "report_amendment")
        op.create_check_constraint(op.f(f"ck_report_amendment_{name}"), "report_amendment", holds)
