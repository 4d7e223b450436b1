"""alembic.ini, [tool.alembic], -x and options, as one Project and its Settings."""
