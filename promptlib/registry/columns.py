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
    listed = ", ".join(f"'{value}'" for value in values)
    return column_check(column, f"{column} IN ({listed})")


def column_check(column: str, condition: str) -> CheckConstraint:
    """A rule about one column, named after it."""
    return CheckConstraint(condition, name=column)


def capabilities_check(*conditions: str) -> CheckConstraint:
    """A rule: capabilities is an object with a limit, and holds these conditions of a JSON path."""
    path = " && ".join((_LIMIT, *conditions))
    return column_check("capabilities", f"(capabilities @@ 'strict {path}') IS TRUE")
