"""The audit chain: what waits for its place, the places, and the checkpoints signed on them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

# Whoever journals, through whatever statement of whatever release, cannot leave an entry out.
WAIT = """
CREATE FUNCTION wait_for_seal() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  INSERT INTO unsealed (op_id) VALUES (NEW.op_id);
  RETURN NULL;
END$$
"""
# The lock makes a revocation wait for a checkpoint under way, so that it stands before it.
SIGN = """
CREATE FUNCTION sign_with_valid_key() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
$$BEGIN
  PERFORM 1 FROM sealing_key WHERE id = NEW.key_id FOR SHARE;
  IF NEW.signed_at > clock_timestamp() OR NEW.signed_at < clock_timestamp() - interval '1 minute' OR NOT EXISTS (
    SELECT FROM sealing_key AS key WHERE key.id = NEW.key_id AND key.purpose = 'checkpoint'
      AND key.revoked_at IS NULL AND key.valid_from <= NEW.signed_at AND clock_timestamp() < key.valid_to
  ) THEN
    RAISE EXCEPTION 'a checkpoint needs a key that is valid now' USING ERRCODE = 'FS422';
  END IF;
  RETURN NEW;
END$$
"""


def upgrade() -> None:
    op.create_table(
        "unsealed",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_unsealed")),
    )
    op.create_table(
        "audit_chain",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("op_id", name=op.f("uq_audit_chain_op_id")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "signed_at BETWEEN '2000-01-01' AND '2200-01-01'", name=op.f("ck_audit_checkpoint_signed_at")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["sealing_key.id"], name=op.f("fk_audit_checkpoint_key_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_audit_checkpoint")),
    )
    for function in (WAIT, SIGN):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION wait_for_seal(), sign_with_valid_key() FROM PUBLIC")
    for table in ("unsealed", "audit_chain", "audit_checkpoint"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY ours ON {table} TO fieldstone_app USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, DELETE ON unsealed TO fieldstone_app")
    op.execute("GRANT SELECT, INSERT ON audit_chain, audit_checkpoint TO fieldstone_app")
    for table in ("audit_chain", "audit_checkpoint"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER sign_with_valid_key BEFORE INSERT ON audit_checkpoint "
        "FOR EACH ROW EXECUTE FUNCTION sign_with_valid_key()"
    )
    # The trigger first: it waits for whoever is journaling, and then the entries there are all of those before it.
    op.execute("CREATE TRIGGER wait_for_seal AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION wait_for_seal()")
    op.execute("INSERT INTO unsealed (op_id) SELECT op_id FROM journal")


def downgrade() -> None:
    op.execute("DROP TRIGGER wait_for_seal ON journal")
    for table in ("audit_checkpoint", "audit_chain", "unsealed"):
        op.drop_table(table)
    op.execute("DROP FUNCTION wait_for_seal()")
    op.execute("DROP FUNCTION sign_with_valid_key()")
