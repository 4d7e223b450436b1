"""Raw SQL migrations, run by Alembic, on PostgreSQL."""
