"""Columns and rules that several tables of the model have, each written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import UUID

if TYPE_CHECKING:
    import datetime as dt
    import uuid

_LIMIT: Final = (
    "$.maxContextLength >= 1 && $.maxContextLength <= 2000000 "
    "&& $.maxContextLength.floor() == $.maxContextLength"
)


def id_column() -> Column[uuid.UUID]:
    """The primary key."""
    return Column("id", UUID, primary_key=True, server_default=text("gen_random_uuid()"))


def timestamp_column(name: str, *, nullable: bool = False) -> Column[dt.datetime]:
    """When something happened; now, unless the row says otherwise."""
    moment = text("CURRENT_TIMESTAMP")
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=moment)


def flag_column(name: str, comment: str) -> Column[bool]:
    """Yes or no; no, unless the row says otherwise."""
    default = text("false")
    return Column(name, Boolean, nullable=False, server_default=default, comment=comment)


def is_system_column() -> Column[bool]:
    """Whose row it is."""
    return flag_column(
        "is_system", "True for rows that belong to the installation rather than to one user"
    )


def created_by_column() -> Column[uuid.UUID]:
    """Who made the row."""
    return Column(
        "created_by",
        ForeignKey("users.id", ondelete="SET NULL"),
        comment="NULL for seeded rows and where the user was deleted",
    )


def status_column(*values: str, nullable: bool = False) -> tuple[Column[str], CheckConstraint]:
    """A state, the first of some, unless the row says otherwise."""
    column = Column("status", String(20), nullable=nullable, server_default=values[0])
    return column, one_of_check("status", *values)


def one_of_check(column: str, *values: str) -> CheckConstraint:
    """A rule: the column holds one of these."""
    return column_check(column, one_of_condition(column, *values))


def column_check(column: str, condition: str) -> CheckConstraint:
    """A rule about one column, named after it."""
    return CheckConstraint(condition, name=column)


def one_of_condition(value: str, *values: str) -> str:
    """A value is one of these."""
    listed = ", ".join(f"'{each}'" for each in values)
    return f"{value} IN ({listed})"


def endpoint_condition(value: str) -> str:
    """A value is an absolute URI of http or https. Such a one is written in ASCII."""
    return f"{value} ~* '^https?://[^/?#]' AND {value} ~ '^[!-~]+$'"


def auth_config_condition(value: str, method: str) -> str:
    """A value describes the credentials of an auth method, those that it requires among them."""
    return f"""{value} ->> 'type' = {method}
        AND jsonb_typeof({value} -> 'fields') = 'object'
        AND {value} -> 'fields' ?& CASE {method}
            WHEN 'api_key' THEN ARRAY['apiKey']
            WHEN 'oauth2' THEN ARRAY['clientId', 'clientSecret', 'tokenUrl']
            WHEN 'aws_iam' THEN ARRAY['accessKeyId', 'secretAccessKey', 'region']
            ELSE '{{}}'
        END"""


def capabilities_condition(value: str, *conditions: str) -> str:
    """A value is an object with a limit, and holds these conditions of a JSON path."""
    return f"{value} @@ 'strict {' && '.join((_LIMIT, *conditions))}'"
