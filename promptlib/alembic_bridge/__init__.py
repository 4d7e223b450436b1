"""Alembic's side: revisions, env.py, its steps handed to the engine. Only it runs Alembic."""
