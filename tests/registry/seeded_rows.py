"""Reading what the seed inserted, by way of the Core model."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Final

from sqlalchemy import Table, select

from promptlib.registry.tables import models, provider_templates, providers

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, RowMapping

    from support.databases import Database

PROVIDERS: Final = ("openai", "anthropic", "bedrock", "microsoft-copilot")


def read(database: Database, table: Table, *where: ColumnElement[bool]) -> list[RowMapping]:
    """Read rows by way of the Core model."""
    with database.engine.connect() as connection:
        return list(connection.execute(select(table).where(*where)).mappings())


def read_provider(database: Database, identifier: str) -> RowMapping:
    """Read one provider."""
    (row,) = read(database, providers, providers.c.identifier == identifier)
    return row


def read_models(database: Database, provider: str) -> dict[str, RowMapping]:
    """Read the models of one provider, by identifier."""
    owner = read_provider(database, provider)["id"]
    return {row["identifier"]: row for row in read(database, models, models.c.provider_id == owner)}


def read_template(database: Database, identifier: str) -> RowMapping:
    """Read the template that was seeded for a provider."""
    (row,) = read(
        database,
        provider_templates,
        provider_templates.c.id == seeded_id("template", identifier),
    )
    return row


def seeded_id(*parts: str) -> uuid.UUID:
    """Make the id of a seeded row from its name: a UUID of version 8 (RFC 9562)."""
    digits = hashlib.sha256("/".join(("promptlib", *parts)).encode()).hexdigest()
    return uuid.UUID(f"{digits[:12]}8{digits[13:16]}8{digits[17:32]}")
