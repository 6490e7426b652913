"""Every table of the product with its roles and policies."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auth_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_event")),
    )
    op.create_index(op.f("ix_auth_event_account_id"), "auth_event", ["account_id"], unique=False)
    op.create_table(
        "budget",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_budget")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("customer_class", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.CheckConstraint(
            "customer_class IN ('vip', 'key', 'standard', 'indirect')", name=op.f("ck_customer_customer_class")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_number")),
    )
    op.create_index(
        "ix_customer_name_trgm",
        "customer",
        ["name"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_table(
        "fault_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_group")),
        sa.UniqueConstraint("code", name=op.f("uq_fault_group_code")),
    )
    op.create_table(
        "feed_counter",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("feed", name=op.f("pk_feed_counter")),
    )
    op.create_table(
        "feed_entry",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("removed", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feed", "kind", "entity_id", name=op.f("pk_feed_entry")),
    )
    op.create_table(
        "feed_mark",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("feed", "seq", name=op.f("pk_feed_mark")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_kept", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_unchanged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_refused", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes_done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refusals_sha256", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_import_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_sha256_kind", "import_run", ["sha256", "kind"], unique=False)
    op.create_table(
        "journal",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("client_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_actor_id_applied_at", "journal", ["actor_id", "applied_at"], unique=False)
    op.create_index("ix_journal_device_id_seq", "journal", ["device_id", "seq"], unique=False)
    op.create_index(op.f("ix_journal_partner_id"), "journal", ["partner_id"], unique=False)
    op.create_table(
        "journal_body",
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_journal_body")),
    )
    op.create_table(
        "labour_operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("standard_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labour_operation")),
        sa.UniqueConstraint("code", name=op.f("uq_labour_operation_code")),
    )
    op.create_table(
        "part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_of_measure", sa.Text(), nullable=False),
        sa.Column("claimable", sa.Boolean(), nullable=False),
        sa.Column("key_part", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("serialised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("number", name=op.f("uq_part_number")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("deposit_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C')", name=op.f("ck_partner_grade")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name=op.f("uq_partner_code")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_code")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(role = 'partner_office') <= (partner_id IS NOT NULL) AND (partner_id IS NOT NULL) <= (role IN ('partner_office', 'technician'))",
            name=op.f("ck_account_partner_fits_role"),
        ),
        sa.CheckConstraint(
            "role IN ('admin','dispatcher','service_manager','reviewer','parts_manager','partner_office','technician')",
            name=op.f("ck_account_role"),
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_account_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_index("ix_account_partner_id_login", "account", ["partner_id", "login"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("phone_digits", sa.String(collation="C"), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_contact_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_customer_id"), "contact", ["customer_id"], unique=False)
    op.create_index(op.f("ix_contact_phone_digits"), "contact", ["phone_digits"], unique=False)
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("contract_type", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("terms", sa.Text(), server_default="", nullable=False),
        sa.Column("charging_mode", sa.Text(), nullable=False),
        sa.Column("response_mode", sa.Text(), nullable=False),
        sa.Column("response_hours", sa.Integer(), nullable=False),
        sa.Column("covers_parts", sa.Boolean(), nullable=False),
        sa.Column("covers_labour", sa.Boolean(), nullable=False),
        sa.Column("covers_travel", sa.Boolean(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'ended', 'cancelled')", name=op.f("ck_contract_status")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_contract_days")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_contract_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("number", name=op.f("uq_contract_number")),
    )
    op.create_index(op.f("ix_contract_customer_id"), "contract", ["customer_id"], unique=False)
    op.create_table(
        "fault_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("fault_group_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("no_fault_found", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["fault_group_id"], ["fault_group.id"], name=op.f("fk_fault_code_fault_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault_code")),
        sa.UniqueConstraint("code", name=op.f("uq_fault_code_code")),
    )
    op.create_index(op.f("ix_fault_code_fault_group_id"), "fault_code", ["fault_group_id"], unique=False)
    op.create_table(
        "model",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("product_line", sa.Text(), nullable=False),
        sa.Column("serial_pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_model_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("code", name=op.f("uq_model_code")),
        sa.UniqueConstraint("gtin", name=op.f("uq_model_gtin")),
    )
    op.create_index(op.f("ix_model_programme_id"), "model", ["programme_id"], unique=False)
    op.create_table(
        "part_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fault_group_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("quantity_max", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["fault_group_id"], ["fault_group.id"], name=op.f("fk_part_limit_fault_group_id")),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_part_limit_part_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_limit")),
        sa.UniqueConstraint("fault_group_id", "part_id", name=op.f("uq_part_limit_fault_group_id_part_id")),
    )
    op.create_index(op.f("ix_part_limit_part_id"), "part_limit", ["part_id"], unique=False)
    op.create_table(
        "programme_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("modes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_programme_version_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_version")),
        sa.UniqueConstraint("programme_id", "from_on", name=op.f("uq_programme_version_programme_id_from_on")),
    )
    op.create_table(
        "site",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_site_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("code", name=op.f("uq_site_code")),
    )
    op.create_index(op.f("ix_site_customer_id"), "site", ["customer_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("app_version", sa.Text(), server_default="", nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_account_id"), "device", ["account_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invite', 'reset')", name=op.f("ck_invitation_purpose")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_invitation_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_account_id"), "invitation", ["account_id"], unique=False)
    op.create_table(
        "model_component",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), server_default="", nullable=False),
        sa.Column("designator", sa.Text(), nullable=False),
        sa.Column("designator_pattern", sa.Text(), server_default="", nullable=False),
        sa.Column("serialised", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("designator IN ('required', 'none')", name=op.f("ck_model_component_designator")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_model_component_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_component")),
        sa.UniqueConstraint("model_id", "code", name=op.f("uq_model_component_model_id_code")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("serial_key", sa.String(collation="C"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("reference_number", sa.Text(), server_default="", nullable=False),
        sa.Column("warranty_type", sa.Text(), server_default="standard", nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=True),
        sa.Column("installed_on", sa.Date(), nullable=True),
        sa.Column("in_service_on", sa.Date(), nullable=True),
        sa.Column("warranty_start_on", sa.Date(), nullable=True),
        sa.Column("warranty_end_on", sa.Date(), nullable=True),
        sa.Column("supplier", sa.Text(), server_default="", nullable=False),
        sa.Column("dealer", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "status IN ('unconfirmed', 'in_stock', 'sold', 'installed', 'scrapped', 'stolen', 'returned', 'replaced')",
            name=op.f("ck_unit_status"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_unit_customer_id")),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_unit_model_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_unit_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("model_id", "serial_key", name=op.f("uq_unit_model_id_serial_key")),
    )
    op.create_index("ix_unit_customer_id_serial_key", "unit", ["customer_id", "serial_key"], unique=False)
    op.create_index("ix_unit_serial_key", "unit", ["serial_key"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("blob_sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reads", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_upload_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("sha256", "account_id", name=op.f("uq_upload_sha256_account_id")),
    )
    op.create_table(
        "warranty_term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("parts_months", sa.Integer(), nullable=False),
        sa.Column("labour_months", sa.Integer(), nullable=False),
        sa.Column("travel_months", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_warranty_term_model_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_term")),
        sa.UniqueConstraint("model_id", "from_on", name=op.f("uq_warranty_term_model_id_from_on")),
    )
    op.create_table(
        "contract_unit",
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_contract_unit_contract_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_contract_unit_unit_id")),
        sa.PrimaryKeyConstraint("contract_id", "unit_id", name=op.f("pk_contract_unit")),
    )
    op.create_index("ix_contract_unit_unit_id", "contract_unit", ["unit_id"], unique=False)
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=100001), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("sibling_of", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("estimated_minutes", sa.Integer(), nullable=False),
        sa.Column("required_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("required_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tools", sa.Text(), server_default="", nullable=False),
        sa.Column("reminder", sa.Text(), server_default="", nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('open', 'cancelled')) OR assignment_id IS NOT NULL", name=op.f("ck_job_assigned")
        ),
        sa.CheckConstraint("kind IN ('repair', 'install', 'maintain', 'inspect', 'advise')", name=op.f("ck_job_kind")),
        sa.CheckConstraint("mode IN ('on_site', 'bench', 'remote')", name=op.f("ck_job_mode")),
        sa.CheckConstraint(
            "state IN ('open', 'assigned', 'accepted', 'in_progress', 'completed', 'cancelled')",
            name=op.f("ck_job_state"),
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_job_assignment_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_job_contact_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_job_customer_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_job_partner_id")),
        sa.ForeignKeyConstraint(["sibling_of"], ["job.id"], name=op.f("fk_job_sibling_of")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_job_site_id")),
        sa.ForeignKeyConstraint(["technician_id"], ["account.id"], name=op.f("fk_job_technician_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_job_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("number", name=op.f("uq_job_number")),
    )
    op.create_index(op.f("ix_job_customer_id"), "job", ["customer_id"], unique=False)
    op.create_index("ix_job_partner_id_customer_id", "job", ["partner_id", "customer_id"], unique=False)
    op.create_index("ix_job_partner_id_site_id", "job", ["partner_id", "site_id"], unique=False)
    op.create_index("ix_job_partner_id_unit_id", "job", ["partner_id", "unit_id"], unique=False)
    op.create_index(op.f("ix_job_sibling_of"), "job", ["sibling_of"], unique=False)
    op.create_index(op.f("ix_job_site_id"), "job", ["site_id"], unique=False)
    op.create_index("ix_job_state_required_from_id", "job", ["state", "required_from", "id"], unique=False)
    op.create_index("ix_job_technician_id_required_from", "job", ["technician_id", "required_from"], unique=False)
    op.create_index("ix_job_unit_id_created_at", "job", ["unit_id", "created_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("generation", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_session_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)
    op.create_index(op.f("ix_session_device_id"), "session", ["device_id"], unique=False)
    op.create_table(
        "unit_component",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("model_component_id", sa.Uuid(), nullable=False),
        sa.Column("component_serial", sa.String(collation="C"), nullable=True),
        sa.Column("fitted_on", sa.Date(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_component_id"], ["model_component.id"], name=op.f("fk_unit_component_model_component_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_component_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_component")),
    )
    op.create_index(op.f("ix_unit_component_unit_id"), "unit_component", ["unit_id"], unique=False)
    op.create_index(
        "uq_unit_component_serial_now",
        "unit_component",
        ["component_serial"],
        unique=True,
        postgresql_where=sa.text("removed_on IS NULL AND component_serial IS NOT NULL"),
    )
    op.create_table(
        "unit_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_move_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_move")),
    )
    op.create_index("ix_unit_move_unit_id_at", "unit_move", ["unit_id", "at"], unique=False)
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_access_token_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_session_id"), "access_token", ["session_id"], unique=False)
    op.create_index(op.f("ix_access_token_until"), "access_token", ["until"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("technician_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_assignment_job_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_assignment_partner_id")),
        sa.ForeignKeyConstraint(["technician_id"], ["account.id"], name=op.f("fk_assignment_technician_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_job_id"), "assignment", ["job_id"], unique=False)
    op.create_index(op.f("ix_assignment_partner_id"), "assignment", ["partner_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("planned_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "planned_span",
            postgresql.TSTZRANGE(),
            sa.Computed("tstzrange(planned_from, planned_to)", persisted=True),
            nullable=False,
        ),
        sa.Column("travelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned_reason", sa.Text(), nullable=True),
        sa.Column("overlaps_actual", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("clock_uncertain", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("keyed_in_by_office", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("signature", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("no_signature_reason", sa.Text(), nullable=True),
        sa.Column("why_no_claim", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("technician_id"), "="),
            (sa.column("planned_span"), "&&"),
            where=sa.text("state NOT IN ('completed', 'abandoned')"),
            using="gist",
            name="ex_visit_planned_slot",
        ),
        sa.CheckConstraint("state <> 'abandoned' OR abandoned_reason IS NOT NULL", name=op.f("ck_visit_abandoned")),
        sa.CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name=op.f("ck_visit_completed")),
        sa.CheckConstraint(
            "state IN ('planned', 'travelling', 'arrived', 'working', 'paused', 'completed', 'abandoned')",
            name=op.f("ck_visit_state"),
        ),
        sa.CheckConstraint("planned_from < planned_to", name=op.f("ck_visit_planned")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_visit_assignment_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_visit_job_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_visit_partner_id")),
        sa.ForeignKeyConstraint(["technician_id"], ["account.id"], name=op.f("fk_visit_technician_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
    )
    op.create_index(op.f("ix_visit_job_id"), "visit", ["job_id"], unique=False)
    op.create_index("ix_visit_partner_id_planned_from", "visit", ["partner_id", "planned_from"], unique=False)
    op.create_index("ix_visit_technician_id_planned_from", "visit", ["technician_id", "planned_from"], unique=False)
    op.create_table(
        "collection",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_collection_visit_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_collection")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_collection_visit_id")),
    )
    op.create_table(
        "fault",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("fault_code_id", sa.Uuid(), nullable=False),
        sa.Column("symptom", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), server_default="", nullable=False),
        sa.Column("model_component_id", sa.Uuid(), nullable=True),
        sa.Column("designator", sa.Text(), server_default="", nullable=False),
        sa.Column("failed_on", sa.Date(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["fault_code_id"], ["fault_code.id"], name=op.f("fk_fault_fault_code_id")),
        sa.ForeignKeyConstraint(
            ["model_component_id"], ["model_component.id"], name=op.f("fk_fault_model_component_id")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_fault_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fault")),
    )
    op.create_index(op.f("ix_fault_visit_id"), "fault", ["visit_id"], unique=False)
    op.create_table(
        "part_used",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_of_measure", sa.Text(), nullable=False),
        sa.Column("old_serial", sa.Text(), server_default="", nullable=False),
        sa.Column("new_serial", sa.Text(), server_default="", nullable=False),
        sa.Column("model_component_id", sa.Uuid(), nullable=True),
        sa.Column("designator", sa.Text(), server_default="", nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('used', 'missing', 'returned')", name=op.f("ck_part_used_kind")),
        sa.ForeignKeyConstraint(
            ["model_component_id"], ["model_component.id"], name=op.f("fk_part_used_model_component_id")
        ),
        sa.ForeignKeyConstraint(["part_id"], ["part.id"], name=op.f("fk_part_used_part_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_part_used_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part_used")),
    )
    op.create_index(op.f("ix_part_used_part_id"), "part_used", ["part_id"], unique=False)
    op.create_index(op.f("ix_part_used_visit_id"), "part_used", ["visit_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), server_default="", nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('label', 'before', 'after', 'receipt', 'other')", name=op.f("ck_photo_kind")),
        sa.ForeignKeyConstraint(["upload_id"], ["upload.id"], name=op.f("fk_photo_upload_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_photo_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    op.create_index("ix_photo_sha256", "photo", ["sha256"], unique=False)
    op.create_index(op.f("ix_photo_visit_id"), "photo", ["visit_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("unit_of_measure", sa.Text(), server_default="", nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_reading_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index(op.f("ix_reading_visit_id"), "reading", ["visit_id"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=700001), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft','awaiting_signature','customer_declined','frozen','sealed','superseded','withdrawn')",
            name=op.f("ck_report_state"),
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_report_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("number", name=op.f("uq_report_number")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_report_visit_id")),
    )
    op.create_table(
        "time_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("labour_operation_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('travel', 'labour')", name=op.f("ck_time_entry_kind")),
        sa.ForeignKeyConstraint(
            ["labour_operation_id"], ["labour_operation.id"], name=op.f("fk_time_entry_labour_operation_id")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_time_entry_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_entry")),
    )
    op.create_index(op.f("ix_time_entry_visit_id"), "time_entry", ["visit_id"], unique=False)
    op.create_table(
        "visit_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("superseded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("client_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_event_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_event")),
    )
    op.create_index("ix_visit_event_visit_id_at", "visit_event", ["visit_id", "at"], unique=False)
    op.create_table(
        "expense",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("direction IN ('spent', 'charged')", name=op.f("ck_expense_direction")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_expense_amount")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_expense_photo_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_expense_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expense")),
    )
    op.create_index(op.f("ix_expense_visit_id"), "expense", ["visit_id"], unique=False)
    op.create_table(
        "report_file",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("blob_sha256", sa.Text(), nullable=False),
        sa.Column("bytes_total", sa.Integer(), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_file_report_id")),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_file")),
    )
    op.create_table(
        "report_person",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("personal", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_person_report_id")),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_person")),
    )
    op.create_table(
        "report_revision",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("verification_code", sa.Text(), nullable=False),
        sa.Column("short_code", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_report_revision_report_id")),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_revision")),
        sa.UniqueConstraint("short_code", name=op.f("uq_report_revision_short_code")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_report_revision_verification_code")),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("technician_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scanned_text", sa.Text(), nullable=False),
        sa.Column("symbology", sa.Text(), server_default="", nullable=False),
        sa.Column("typed_reason", sa.Text(), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("serial_key", sa.String(collation="C"), nullable=True),
        sa.Column("gtin", sa.Text(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("matches_job", sa.Boolean(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scanned_on", sa.Date(), nullable=False),
        sa.Column("op_id", sa.Uuid(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "source <> 'typed' OR (typed_reason IS NOT NULL AND photo_id IS NOT NULL)",
            name=op.f("ck_scan_typed_needs_evidence"),
        ),
        sa.CheckConstraint("source IN ('camera', 'photo', 'typed')", name=op.f("ck_scan_source")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_scan_job_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_scan_photo_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_scan_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
    )
    op.create_index(op.f("ix_scan_serial_key"), "scan", ["serial_key"], unique=False)
    op.create_index(op.f("ix_scan_unit_id"), "scan", ["unit_id"], unique=False)
    op.create_index(op.f("ix_scan_visit_id"), "scan", ["visit_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=500001), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payable", sa.Boolean(), nullable=False),
        sa.Column("failed_on", sa.Date(), nullable=False),
        sa.Column("repaired_on", sa.Date(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("coverage", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("lane IN ('accept', 'review', 'refuse')", name=op.f("ck_claim_lane")),
        sa.CheckConstraint(
            "state IN ('accepted', 'in_review', 'refused', 'approved', 'paid', 'withdrawn')",
            name=op.f("ck_claim_state"),
        ),
        sa.CheckConstraint("state IN ('refused', 'withdrawn') OR scan_id IS NOT NULL", name=op.f("ck_claim_no_scan")),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'approved', 'paid') OR unit_id IS NOT NULL", name=op.f("ck_claim_unit_known")
        ),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_claim_assignment_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_claim_job_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_claim_partner_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name=op.f("fk_claim_scan_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_claim_unit_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_claim_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("number", name=op.f("uq_claim_number")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_claim_visit_id")),
    )
    op.create_index(op.f("ix_claim_job_id"), "claim", ["job_id"], unique=False)
    op.create_index("ix_claim_partner_id_id", "claim", ["partner_id", "id"], unique=False)
    op.create_index("ix_claim_state_id", "claim", ["state", "id"], unique=False)
    op.create_index("ix_claim_unit_id", "claim", ["unit_id"], unique=False)
    op.create_index(
        "uq_claim_assignment_paid_once",
        "claim",
        ["assignment_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'approved', 'paid')"),
    )
    op.create_table(
        "claim_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "live", sa.Boolean(), sa.Computed("state IN ('accepted', 'approved')", persisted=True), nullable=False
        ),
        sa.Column("fault_group_id", sa.Uuid(), nullable=True),
        sa.Column("fault_id", sa.Uuid(), nullable=True),
        sa.Column("part_used_id", sa.Uuid(), nullable=True),
        sa.Column("time_entry_id", sa.Uuid(), nullable=True),
        sa.Column("expense_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("on_hold", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("kind <> 'fault' OR fault_group_id IS NOT NULL", name=op.f("ck_claim_line_fault_group")),
        sa.CheckConstraint("kind IN ('fault', 'part', 'labour', 'travel', 'expense')", name=op.f("ck_claim_line_kind")),
        sa.CheckConstraint(
            "state IN ('accepted', 'in_review', 'refused', 'approved', 'paid', 'withdrawn')",
            name=op.f("ck_claim_line_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'approved', 'paid') OR unit_id IS NOT NULL",
            name=op.f("ck_claim_line_unit_known"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_line_claim_id")),
        sa.ForeignKeyConstraint(["expense_id"], ["expense.id"], name=op.f("fk_claim_line_expense_id")),
        sa.ForeignKeyConstraint(["fault_group_id"], ["fault_group.id"], name=op.f("fk_claim_line_fault_group_id")),
        sa.ForeignKeyConstraint(["fault_id"], ["fault.id"], name=op.f("fk_claim_line_fault_id")),
        sa.ForeignKeyConstraint(["part_used_id"], ["part_used.id"], name=op.f("fk_claim_line_part_used_id")),
        sa.ForeignKeyConstraint(["time_entry_id"], ["time_entry.id"], name=op.f("fk_claim_line_time_entry_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_claim_line_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_line")),
    )
    op.create_index(op.f("ix_claim_line_claim_id"), "claim_line", ["claim_id"], unique=False)
    op.create_index("ix_claim_line_unit_id_fault_group_id", "claim_line", ["unit_id", "fault_group_id"], unique=False)
    op.create_index(
        "uq_claim_line_live",
        "claim_line",
        ["unit_id", "fault_group_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'fault' AND state IN ('accepted', 'approved')"),
    )
    op.create_table(
        "rule_hit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("inputs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_rule_hit_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_hit")),
    )
    op.create_index(op.f("ix_rule_hit_claim_id"), "rule_hit", ["claim_id"], unique=False)
    op.create_index(op.f("ix_rule_hit_rule"), "rule_hit", ["rule"], unique=False)
    op.create_foreign_key("fk_job_assignment_id", "job", "assignment", ["assignment_id"], ["id"])
    for statement in split(QueryBuilderEnvironment().build_install_query()):
        op.execute(statement)
    for statement in split(Path(__file__).with_name("0001_policies.sql").read_text()):
        op.execute(statement)


def split(script: str) -> list[TextClause]:
    """Cut a script at the semicolons outside of dollar quotes: the driver takes one statement at a time."""
    parts = re.split(r"(\$\$.*?\$\$)", re.sub(r"^--.*$", "", script, flags=re.M), flags=re.S)
    whole = "".join(part.replace(":", "\\:") if part.startswith("$$") else part.replace(";", "\0") for part in parts)
    return [text(statement) for statement in whole.split("\0") if statement.strip()]


def downgrade() -> None:
    raise NotImplementedError("the first migration has nothing to go back to: drop the database instead")
