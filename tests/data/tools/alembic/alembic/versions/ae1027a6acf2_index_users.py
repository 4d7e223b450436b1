"""index users

Revision ID: ae1027a6acf2
Revises: 2dc4342adfea
Create Date: 2024-02-03 00:00:00+01:00

"""

from alembic import op
import sqlalchemy as sa

revision = "ae1027a6acf2"
down_revision = "2dc4342adfea"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "users_lower_email", "users", [sa.text("lower(email)")], postgresql_concurrently=True
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.drop_index("users_lower_email", postgresql_concurrently=True)
