"""add greet

Revision ID: 2dc4342adfea
Revises: 1975ea83b712
Create Date: 2024-01-02 03:04:05.999999

"""

from alembic import op
import sqlalchemy as sa

revision = "2dc4342adfea"
down_revision = "1975ea83b712"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """CREATE FUNCTION greet(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN format('hello; %s', name);
END;
$$"""
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION greet(text)")
