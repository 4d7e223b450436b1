"""comment users

Revision ID: b1946ac92492
Revises: ae1027a6acf2
Create Date: 2024-03-04 05:06:07

"""

from alembic import op
import sqlalchemy as sa

revision = "b1946ac92492"
down_revision = "ae1027a6acf2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table_comment("users", "people; all of them")


def downgrade() -> None:
    op.drop_table_comment("users")
