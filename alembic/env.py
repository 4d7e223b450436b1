"""Alembic runs this file for every command that needs the database."""

from alembic import context

from promptlib import environment, model

environment.run(context, model.metadata)  # type: ignore[arg-type] # the module stands for it
