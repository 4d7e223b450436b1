"""Which tables a comparison looks at: the model's, and those that the migrations make.

All others are somebody else's: of another service, of an extension, partitions that come and go. A
difference between them and the model is none.
"""

from __future__ import annotations

import contextlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import BLANK_SCHEMA, Column, Table
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError

from promptlib.autogenerate.compare.introspect import fetch_rows
from promptlib.autogenerate.dialect import driver_cursor, on_one_line, quote_name
from promptlib.autogenerate.operations import TableKey
from promptlib.autogenerate.own_tables import OwnTables
from promptlib.autogenerate.parameters import refuse_parameters
from promptlib.core.errors import ConfigurationError
from promptlib.core.logs import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, ForeignKey, MetaData

    from promptlib.autogenerate.own_tables import SectionText
    from promptlib.syntax.statements import Statement

    Sections = Callable[[], Iterable[tuple[bytes, Sequence[Statement]]]]

_log = Log(__name__)
_FOREIGN_TABLES = "foreign_tables"  # in a metadata's info: names that are not the project's
_IS_VIEW = "is_view"  # in a table's info: it is mapped, and no table
_NAMED = 5  # tables that a line names
# Partitions come and go with their table, and extensions bring tables of their own.
_OF_OTHERS = """
SELECT n.nspname, c.relname, m.nspname, p.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
LEFT JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
LEFT JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace
WHERE c.relispartition OR EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
        AND d.deptype = 'e')"""
# Alembic hears of them as if they were in the schema that comes first in the search_path.
_FURTHER_DOWN = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> pg_catalog.current_schema() AND pg_catalog.pg_table_is_visible(c.oid)"""


class _TablePatterns:
    """Names of tables, qualified or not, in which `*` stands for anything."""

    def __init__(self, patterns: Iterable[str], default: str | None) -> None:
        choices = (".*".join(map(re.escape, each.split("*"))) for each in sorted({*patterns}))
        self._pattern = re.compile("|".join(f"(?:{one})" for one in choices) or "(?!)", re.DOTALL)
        self._default = default

    def match(self, key: TableKey) -> bool:
        """Whether one of them means this table."""
        names = (key.name, f"{key.schema or self._default}.{key.name}")
        return any(self._pattern.fullmatch(name) for name in names)


def _supply_target(key: ForeignKey, model: MetaData, foreign: _TablePatterns) -> None:
    """Let the model have what only a foreign key names, if it is somebody else's.

    Raises:
        ConfigurationError: when it is nobody's.
    """
    column: Column[Any] = Column(key.target_fullname.rpartition(".")[2])
    try:
        _ = key.column
    except (NoReferencedTableError, NoReferencedColumnError) as error:
        schema, _, name = error.table_name.rpartition(".")
        if not foreign.match(TableKey(schema or None, name)):
            raise ConfigurationError(
                f"the model's {key.parent} refers to {key.target_fullname}, which the model lacks",
                f"add it, or name the table of others in {_FOREIGN_TABLES}",
            ) from error
        table = model.tables.get(error.table_name)
        if table is None:
            Table(name, model, column, schema=schema or BLANK_SCHEMA)
        else:
            table.append_column(column)


class ComparisonScope:
    """Which tables a comparison looks at.

    Args:
        connection: to the database.
        models: what it is compared with.
        sections: gives the UP sections of all migrations; asked only if a table needs it.
        ours: the tool's own tables.
    """

    def __init__(
        self,
        connection: Connection,
        models: Sequence[MetaData],
        sections: Callable[[], Iterable[SectionText]],
        ours: Iterable[str],
    ) -> None:
        self._connection, self._sections = connection, sections
        self._default = connection.dialect.default_schema_name
        foreign = (name for model in models for name in model.info.get(_FOREIGN_TABLES, ()))
        self._foreign = _TablePatterns([*ours, *foreign], self._default)
        for model in models:
            for table in [*model.tables.values()]:
                refuse_parameters(table)
                for key in table.foreign_keys:
                    _supply_target(key, model, self._foreign)
        tables = (table for model in models for table in model.tables.values())
        self._model = {self._key(table) for table in tables if self.compares(table)}
        self._going: set[TableKey] = set()
        self._left_alone: set[TableKey] = set()

    def _key(self, table: Table) -> TableKey:
        return self._normal(table.schema, table.name)

    def _normal(self, schema: str | None, name: str) -> TableKey:
        return TableKey(schema if schema != self._default else None, name)

    def compares(self, table: Table) -> bool:
        """Whether a table of the model is the project's, and a table."""
        return not (table.info.get(_IS_VIEW) or self._foreign.match(self._key(table)))

    @property
    def schemas(self) -> set[str | None]:
        """Those of the model, None for the default one."""
        return {key.schema for key in self._model}

    def includes_name(
        self, name: str | None, type_: str, parents: Mapping[str, str | None]
    ) -> bool:
        """Whether the comparison looks at something of the database; Alembic's `include_name`."""
        if type_ == "schema":
            return name is None or name in self.schemas
        return type_ != "table" or self._includes_table(
            self._normal(parents.get("schema_name"), name or "")
        )

    def includes_object(
        self, item: object, _name: object, _type: str, reflected: object, _other: object
    ) -> bool:
        """Whether it looks at something of the model; Alembic's `include_object`."""
        return bool(reflected) or not isinstance(item, Table) or self.compares(item)

    def _includes_table(self, key: TableKey) -> bool:
        if key in self._model:
            return True
        real = self._further_down.get(key, key)
        if self._foreign.match(real) or real in self._model:
            return False
        if real != key and real.schema in self.schemas:
            return False  # it is asked about once more, by its own name
        included = real == key and key in self._own and key not in self._of_others
        (self._going if included else self._left_alone).add(real)
        return included

    @cached_property
    def _further_down(self) -> dict[TableKey, TableKey]:
        """What Alembic calls the tables of other schemas in the search_path, and what they are."""
        with contextlib.closing(driver_cursor(self._connection)) as cursor:
            rows = fetch_rows(cursor, _FURTHER_DOWN)
        return {TableKey(None, name): TableKey(schema, name) for schema, name in rows}

    @cached_property
    def _own(self) -> set[TableKey]:
        return OwnTables(self._sections(), self._default).keys

    @cached_property
    def _of_others(self) -> dict[TableKey, TableKey]:
        """These tables, and what they are partitions of."""
        with contextlib.closing(driver_cursor(self._connection)) as cursor:
            rows = fetch_rows(cursor, _OF_OTHERS)
        return {self._normal(*row[:2]): self._normal(*row[2:]) for row in rows}

    def _goes_with_another(self, key: TableKey) -> bool:
        """Whether it is a partition, however deep, of a table that the migrations made."""
        parent = self._of_others.get(key)
        return parent is not None and (parent in self._going or self._goes_with_another(parent))

    def tell_left_alone(self) -> None:
        """Say in one line what the comparison has not looked at."""
        stay = (key for key in self._left_alone if not self._goes_with_another(key))
        names = sorted(on_one_line(quote_name(key.name, key.schema)) for key in stay)
        if names:
            more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
            told = ", ".join([*names[:_NAMED], *more])
            _log.info("left alone, as neither the model has it nor a migration makes it: %s", told)
