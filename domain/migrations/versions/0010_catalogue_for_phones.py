"""Phones are told of the catalogue and the codes that were there before they had feeds."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FILL = """
WITH known AS (
    SELECT 'catalogue' AS feed, 'model' AS kind, id FROM model UNION ALL SELECT 'catalogue', 'part', id FROM part
    UNION ALL SELECT 'codes', 'fault_code', id FROM fault_code
    UNION ALL SELECT 'codes', 'labour_operation', id FROM labour_operation
), entry AS (
    INSERT INTO feed_entry (feed, kind, entity_id, seq)
    SELECT feed, kind, id, row_number() OVER (PARTITION BY feed ORDER BY kind, id) FROM known
    WHERE NOT EXISTS (SELECT FROM feed_counter WHERE feed_counter.feed = known.feed)
    RETURNING feed, seq
), counter AS (
    INSERT INTO feed_counter (feed, n) SELECT feed, max(seq) FROM entry GROUP BY feed RETURNING feed, n
)
INSERT INTO feed_mark (feed, seq, tag, at) SELECT feed, n, :tag, now() FROM counter
"""


def upgrade() -> None:
    op.execute(sa.text(FILL).bindparams(tag=secrets.randbits(63)))


def downgrade() -> None:
    for table in ("feed_entry", "feed_mark", "feed_counter"):
        op.execute(f"DELETE FROM {table} WHERE feed IN ('catalogue', 'codes')")
