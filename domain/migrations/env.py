"""Alembic's entry: runs on a connection that the caller opened as fieldstone_owner."""

from alembic import context

from domain.migrations.tables import METADATA, is_ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_name=lambda name, kind, _parents: is_ours(name, kind),
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
