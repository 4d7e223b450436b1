"""The provider registry's tables as the newest migration in `sql/` leaves them, in SQLAlchemy Core.

Nothing here creates or changes a table: the migrations do. `alembic check` compares the two, so
what a migration changes is written down here as well: columns, defaults, constraints, indexes and
comments. Left to others: triggers and functions, which SQLAlchemy does not describe; the ledger;
the tables of other components, such as prompts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

if TYPE_CHECKING:
    import datetime as dt
    import uuid

__all__ = ["connections", "metadata", "models", "provider_templates", "providers", "users"]

metadata: Final = MetaData(
    # Of other components and of the predecessor: `alembic check` passes them over.
    info={"foreign_tables": frozenset({"migrations", "prompts", "ratings", "sessions"})},
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    },
)
"""All tables below. Constraints that carry no name here have the one that PostgreSQL gives them."""


def _id() -> Column[uuid.UUID]:
    return Column("id", UUID, primary_key=True, server_default=text("gen_random_uuid()"))


def _now(name: str) -> Column[dt.datetime]:
    return Column(name, DateTime(timezone=True), server_default=text("CURRENT_TIMESTAMP"))


def _flag(name: str, comment: str) -> Column[bool]:
    return Column(name, Boolean, server_default=text("false"), comment=comment)


def _check(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _status(*values: str) -> tuple[Column[str], CheckConstraint]:
    return Column("status", String(20), server_default="active"), _check("status", *values)


def _created_by() -> Column[uuid.UUID]:
    return Column(
        "created_by",
        ForeignKey("users.id", ondelete="SET NULL"),
        comment="NULL for seeded rows and where the user was deleted",
    )


_IS_SYSTEM: Final = "True for rows that belong to the installation rather than to one user"

users: Final = Table(
    "users",
    metadata,
    _id(),
    Column("username", String(50), nullable=False, unique=True),
    Column("email", String(255), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(20), server_default="user"),
    _now("created_at"),
    _now("updated_at"),
    Column("last_login", DateTime(timezone=True)),
    Column("preferences", JSONB, server_default=text("'{}'")),
    _check("role", "admin", "user", "viewer"),
)
"""People who sign in to the application."""

providers: Final = Table(
    "providers",
    metadata,
    _id(),
    Column(
        "identifier",
        String(50),
        nullable=False,
        unique=True,
        comment="Short name in URLs and in connections.provider, such as openai",
    ),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column("api_endpoint", String(500), nullable=False, comment="Absolute base URL of the API"),
    Column("auth_method", String(50), nullable=False),
    Column(
        "auth_config",
        JSONB,
        nullable=False,
        comment="Describes the credentials and never holds any: type, fields (name -> required, "
        "description, default, sensitive, validation), headers, testEndpoint",
    ),
    Column(
        "capabilities",
        JSONB,
        nullable=False,
        comment="supportsSystemMessages, supportsStreaming, supportsTools, maxContextLength "
        "(tokens), supportedRoles, supportedAuthMethods, rateLimits",
    ),
    *_status("active", "inactive", "testing"),
    _flag("is_system", _IS_SYSTEM),
    _created_by(),
    _now("created_at"),
    _now("updated_at"),
    Column("last_tested", DateTime(timezone=True)),
    Column("test_result", JSONB, comment="Outcome of the connection test at last_tested"),
    _check("auth_method", "api_key", "oauth2", "aws_iam", "custom"),
    Index("idx_providers_identifier", "identifier"),
    Index("idx_providers_status", "status"),
    Index("idx_providers_is_system", "is_system"),
    Index("idx_providers_created_by", "created_by"),
    Index("idx_providers_created_at", "created_at"),
    comment="LLM providers that connections can use",
)
"""LLM providers: the four that the migrations seed and those an operator adds."""

models: Final = Table(
    "models",
    metadata,
    _id(),
    Column("provider_id", ForeignKey("providers.id", ondelete="CASCADE")),
    Column(
        "identifier",
        String(100),
        nullable=False,
        comment="Name the provider's API expects, unique within the provider",
    ),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column(
        "context_length",
        Integer,
        nullable=False,
        server_default=text("4096"),
        comment="Tokens of input and output together that fit into one request",
    ),
    Column(
        "capabilities",
        JSONB,
        nullable=False,
        comment="supportsSystemMessages, supportsStreaming, supportsTools, "
        "supportsFunctionCalling, supportsVision, supportsAudio, supportsImageGeneration, "
        "supportsCodeExecution, maxContextLength (tokens), supportedRoles",
    ),
    Column(
        "pricing_info",
        JSONB,
        comment="inputTokenPrice and outputTokenPrice per 1,000 tokens, currency, billingUnit, "
        "lastUpdated (date); NULL where the price is unknown",
    ),
    *_status("active", "inactive", "deprecated"),
    _flag("is_default", "True for the model that is offered first"),
    _now("created_at"),
    _now("updated_at"),
    UniqueConstraint("provider_id", "identifier"),
    Index("idx_models_provider_id", "provider_id"),
    Index("idx_models_identifier", "identifier"),
    Index("idx_models_status", "status"),
    Index("idx_models_is_default", "is_default"),
    Index("idx_models_created_at", "created_at"),
    comment="Models that a provider offers",
)
"""Models, each of one provider."""

provider_templates: Final = Table(
    "provider_templates",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("description", Text),
    Column(
        "provider_config",
        JSONB,
        nullable=False,
        comment="name, description, apiEndpoint, authMethod, authConfig and capabilities of "
        "the new provider",
    ),
    Column(
        "default_models",
        JSONB,
        nullable=False,
        comment="Array of its models: identifier, name, description, contextLength (tokens), "
        "capabilities, isDefault",
    ),
    _flag("is_system", _IS_SYSTEM),
    _created_by(),
    _now("created_at"),
    _now("updated_at"),
    Index("idx_provider_templates_name", "name"),
    Index("idx_provider_templates_is_system", "is_system"),
    Index("idx_provider_templates_created_by", "created_by"),
    comment="Presets from which an operator creates a provider with its models",
)
"""Presets for new providers."""

connections: Final = Table(
    "connections",
    metadata,
    _id(),
    Column("name", String(255), nullable=False),
    Column("provider", String(50), nullable=False),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("config", JSONB, nullable=False),
    *_status("active", "inactive", "error"),
    _now("created_at"),
    _now("updated_at"),
    Column("last_tested", DateTime(timezone=True)),
    Column("provider_id", ForeignKey("providers.id", ondelete="SET NULL")),
    Index("idx_connections_owner_id", "owner_id"),
    Index("idx_connections_provider", "provider"),
    Index("idx_connections_provider_id", "provider_id"),
)
"""A user's credentials for one provider; config holds secrets that the application encrypts."""
