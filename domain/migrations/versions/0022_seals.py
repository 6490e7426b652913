"""The register of sealing keys and of seals: nothing enters it with a key that was not valid at that moment."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SEEN_BY_PARTNERS = "report_id, revision, partner_id, token, pdf_sha256, sealed_at"

# The moment is the database's own: whoever stole a key, or the application's way in, cannot date a seal back. The lock
# makes a revocation wait for seals under way, so that they stand before it.
SEAL = """
CREATE FUNCTION seal_with_valid_keys() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  PERFORM 1 FROM sealing_key WHERE id IN (NEW.token_key_id, NEW.pdf_key_id) ORDER BY id FOR SHARE;
  NEW.sealed_at := clock_timestamp();
  IF EXISTS (
    SELECT FROM (VALUES (NEW.token_key_id, 'token'), (NEW.pdf_key_id, 'pdf')) AS used (id, purpose)
    LEFT JOIN sealing_key AS key ON key.id = used.id AND key.purpose = used.purpose
      AND key.revoked_at IS NULL AND key.valid_from <= NEW.sealed_at AND NEW.sealed_at < key.valid_to
    WHERE key.id IS NULL
  ) THEN
    RAISE EXCEPTION 'a seal needs keys that are valid now' USING ERRCODE = 'FS422';
  END IF;
  RETURN NEW;
END$$
"""
# A key is revoked once, at the latest now; its time may be shortened, never lengthened.
KEEP = """
CREATE FUNCTION change_key_only_to_end_it() RETURNS trigger
  LANGUAGE plpgsql SET search_path = public, pg_temp AS
$$BEGIN
  IF (NEW.id, NEW.purpose, NEW.public_key, NEW.valid_from) IS DISTINCT FROM
     (OLD.id, OLD.purpose, OLD.public_key, OLD.valid_from)
     OR NEW.certificate IS DISTINCT FROM OLD.certificate
     OR NEW.valid_to > OLD.valid_to OR (NEW.valid_to < OLD.valid_to AND NEW.valid_to < clock_timestamp())
     OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at, NEW.reason) IS DISTINCT FROM (OLD.revoked_at, OLD.reason))
  THEN
    RAISE EXCEPTION 'a sealing key is ended, never changed';
  END IF;
  IF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN
    NEW.revoked_at := least(NEW.revoked_at, clock_timestamp());
  END IF;
  RETURN NEW;
END$$
"""


def upgrade() -> None:
    op.create_table(
        "sealing_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("valid_to", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("purpose IN ('token','pdf','checkpoint','root')", name=op.f("ck_sealing_key_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_key")),
    )
    op.create_table(
        "report_seal",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("token_key_id", sa.Text(), nullable=False),
        sa.Column("pdf_key_id", sa.Text(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id", "revision"],
            ["report_revision.report_id", "report_revision.revision"],
            name=op.f("fk_report_seal_report_id_revision"),
        ),
        sa.ForeignKeyConstraint(["token_key_id"], ["sealing_key.id"], name=op.f("fk_report_seal_token_key_id")),
        sa.ForeignKeyConstraint(["pdf_key_id"], ["sealing_key.id"], name=op.f("fk_report_seal_pdf_key_id")),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_seal")),
        sa.UniqueConstraint("token", name=op.f("uq_report_seal_token")),
        sa.UniqueConstraint("pdf_sha256", name=op.f("uq_report_seal_pdf_sha256")),
    )
    for function in (SEAL, KEEP):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION seal_with_valid_keys() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER seal_with_valid_keys BEFORE INSERT ON report_seal "
        "FOR EACH ROW EXECUTE FUNCTION seal_with_valid_keys()"
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON report_seal FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER change_key_only_to_end_it BEFORE UPDATE ON sealing_key "
        "FOR EACH ROW EXECUTE FUNCTION change_key_only_to_end_it()"
    )
    for table in ("sealing_key", "report_seal"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {table} TO fieldstone_app USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO fieldstone_app")
    op.execute("GRANT UPDATE (valid_to, revoked_at, reason) ON sealing_key TO fieldstone_app")
    op.execute(
        "CREATE POLICY own ON report_seal FOR SELECT TO fieldstone_partner USING (partner_id = current_partner())"
    )
    op.execute(f"GRANT SELECT ({SEEN_BY_PARTNERS}) ON report_seal TO fieldstone_partner")


def downgrade() -> None:
    op.drop_table("report_seal")
    op.drop_table("sealing_key")
    op.execute("DROP FUNCTION seal_with_valid_keys()")
    op.execute("DROP FUNCTION change_key_only_to_end_it()")
