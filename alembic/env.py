"""Alembic runs this file for every command that needs the database."""

from alembic import context
from sqlalchemy import MetaData

from promptlib import environment


def metadata() -> MetaData:
    """The model, for who compares: `alembic check` and `alembic revision --autogenerate`."""
    from promptlib.registry import tables  # noqa: PLC0415

    return tables.metadata


environment.run(context, metadata)  # type: ignore[arg-type] # the module stands for it
