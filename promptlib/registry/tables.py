"""The provider registry's tables as the newest migration in `sql/` leaves them, in SQLAlchemy Core.

Nothing here creates or changes a table: the migrations do. `alembic check` compares the two, so
what a migration changes is written down here as well: columns, defaults, constraints, indexes and
comments. Left to others: triggers and functions, which SQLAlchemy does not describe, and so two
rules (a model stays within its provider's limit, a system provider stays); the ledger; the tables
of other components, such as prompts.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB

from promptlib.registry.columns import (
    auth_config_condition,
    capabilities_condition,
    column_check,
    created_by_column,
    endpoint_condition,
    flag_column,
    id_column,
    is_system_column,
    one_of_check,
    one_of_condition,
    status_column,
    timestamp_column,
)

__all__ = ["connections", "metadata", "models", "provider_templates", "providers", "users"]

_AUTH_METHODS: Final = ("api_key", "oauth2", "aws_iam", "custom")
_PROVIDER_CAPABILITIES: Final = (
    *(
        f'$.{key}.type() == "boolean"'
        for key in ("supportsSystemMessages", "supportsStreaming", "supportsTools")
    ),
    *(
        f'$.{key}.type() == "array" && $.{key}.size() > 0'
        for key in ("supportedRoles", "supportedAuthMethods")
    ),
)

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

users: Final = Table(
    "users",
    metadata,
    id_column(),
    Column("username", String(50), nullable=False, unique=True),
    Column("email", String(255), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(20), server_default="user"),
    timestamp_column("created_at", nullable=True),
    timestamp_column("updated_at", nullable=True),
    Column("last_login", DateTime(timezone=True)),
    Column("preferences", JSONB, server_default=text("'{}'")),
    one_of_check("role", "admin", "user", "viewer"),
)
"""People who sign in to the application."""

providers: Final = Table(
    "providers",
    metadata,
    id_column(),
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
    *status_column("active", "inactive", "testing"),
    is_system_column(),
    created_by_column(),
    timestamp_column("created_at"),
    timestamp_column("updated_at"),
    Column("last_tested", DateTime(timezone=True)),
    Column("test_result", JSONB, comment="Outcome of the connection test at last_tested"),
    one_of_check("auth_method", *_AUTH_METHODS),
    column_check("identifier", "identifier ~ '^[a-z0-9_-]{2,50}$'"),
    column_check(
        "api_endpoint",
        f"{endpoint_condition('api_endpoint')} "
        "AND NOT (is_system AND api_endpoint ~ '^[^/]*//[^/?#]*[{}]')",
    ),
    column_check(
        "auth_config",
        f"""(
            jsonb_typeof(auth_config) = 'object'
            AND {auth_config_condition("auth_config", "auth_method")}
        ) IS TRUE""",
    ),
    column_check(
        "capabilities",
        f"({capabilities_condition('capabilities', *_PROVIDER_CAPABILITIES)}) IS TRUE",
    ),
    Index("idx_providers_status_created_at", "status", "created_at"),
    Index(
        "idx_providers_created_by",
        "created_by",
        postgresql_where=text("created_by IS NOT NULL"),
    ),
    comment="LLM providers that connections can use",
)
"""LLM providers: the four that the migrations seed and those an operator adds."""

models: Final = Table(
    "models",
    metadata,
    id_column(),
    Column("provider_id", ForeignKey("providers.id", ondelete="CASCADE"), nullable=False),
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
    *status_column("active", "inactive", "deprecated"),
    flag_column("is_default", "True for the model that is offered first"),
    timestamp_column("created_at"),
    timestamp_column("updated_at"),
    UniqueConstraint("provider_id", "identifier"),
    column_check("identifier", "identifier ~ '^[A-Za-z0-9_./:-]{1,100}$'"),
    column_check("context_length", "context_length BETWEEN 1 AND 2000000"),
    column_check("capabilities", f"({capabilities_condition('capabilities')}) IS TRUE"),
    column_check("pricing_info", "jsonb_typeof(pricing_info) = 'object'"),
    Index("models_default_key", "provider_id", unique=True, postgresql_where=text("is_default")),
    Index("idx_models_identifier", "identifier"),
    Index("idx_models_status_created_at", "status", "created_at"),
    comment="Models that a provider offers",
)
"""Models, each of one provider."""

provider_templates: Final = Table(
    "provider_templates",
    metadata,
    id_column(),
    Column("name", String(255), nullable=False, unique=True),
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
    is_system_column(),
    created_by_column(),
    timestamp_column("created_at"),
    timestamp_column("updated_at"),
    column_check(
        "provider_config",
        f"""(
            jsonb_typeof(provider_config) = 'object'
            AND jsonb_typeof(provider_config -> 'name') = 'string'
            AND {endpoint_condition("provider_config ->> 'apiEndpoint'")}
            AND {one_of_condition("provider_config ->> 'authMethod'", *_AUTH_METHODS)}
            AND {
            auth_config_condition(
                "provider_config -> 'authConfig'", "provider_config ->> 'authMethod'"
            )
        }
            AND {
            capabilities_condition("provider_config -> 'capabilities'", *_PROVIDER_CAPABILITIES)
        }
        ) IS TRUE""",
    ),
    column_check(
        "default_models",
        """(default_models @@ 'strict $.type() == "array" && $.size() > 0') IS TRUE""",
    ),
    Index(
        "idx_provider_templates_created_by",
        "created_by",
        postgresql_where=text("created_by IS NOT NULL"),
    ),
    comment="Presets from which an operator creates a provider with its models",
)
"""Presets for new providers."""

connections: Final = Table(
    "connections",
    metadata,
    id_column(),
    Column("name", String(255), nullable=False),
    Column("provider", String(50), nullable=False),
    Column("owner_id", ForeignKey("users.id", ondelete="CASCADE")),
    Column("config", JSONB, nullable=False),
    *status_column("active", "inactive", "error", nullable=True),
    timestamp_column("created_at", nullable=True),
    timestamp_column("updated_at", nullable=True),
    Column("last_tested", DateTime(timezone=True)),
    Column("provider_id", ForeignKey("providers.id", ondelete="SET NULL")),
    Index("idx_connections_owner_id", "owner_id"),
    Index("idx_connections_provider", "provider"),
    Index("idx_connections_provider_id", "provider_id"),
)
"""A user's credentials for one provider; config holds secrets that the application encrypts."""
