"""A caller is recognised by the last digits of the phone number, whatever stands before them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_contact_phone_backwards", "contact", [sa.text("reverse(phone_digits)")])


def downgrade() -> None:
    op.drop_index("ix_contact_phone_backwards", "contact")
