"""create users

Revision ID: 1975ea83b712
Revises: 
Create Date: 2024-01-02 03:04:05.678901

"""

from alembic import op
import sqlalchemy as sa

revision = "1975ea83b712"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("email", sa.Text(), nullable=False, unique=True),
    )
    op.execute("INSERT INTO users (email) VALUES ('semi;colon-- 100% $1 \\:name')")


def downgrade() -> None:
    op.drop_table("users")
