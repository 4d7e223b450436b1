"""Raw SQL migrations, run by Alembic, on PostgreSQL."""

__version__ = "0.1.0"
