"""An operation of Alembic's as SQL: what Alembic would run, laid out for people."""

from __future__ import annotations

import copy
import io
import re
from typing import TYPE_CHECKING, Any, cast

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import ClauseElement, Column, Identity, create_mock_engine, text
from sqlalchemy.exc import SQLAlchemyError

from promptlib.autogenerate.dialect import ddl_compiler, plain_dialect, quote_name
from promptlib.autogenerate.operations import DEFERRED_KEYS, SqlOperation, operation_subject
from promptlib.core.errors import ConfigurationError
from promptlib.syntax.lexemes import ESCAPE_STRING, QUOTED_NAME, STRING, quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection, MetaData

    from promptlib.autogenerate.conversions import Conversions

_LONGEST = 100  # characters of a line
_QUOTES = rf"{ESCAPE_STRING}|{STRING}|{QUOTED_NAME}"
_LAYOUT = re.compile(rf"{_QUOTES}|(?P<tab>\t)|(?P<blank>[ ]+(?=\n|\Z))|(?P<key>FOREIGN KEY(?=\())")
_HEAD = re.compile(rf"(?:ALTER TABLE|COMMENT ON \w+|CREATE (?:UNIQUE )?INDEX) (?:{_QUOTES}|\S)+ ")
_CONCURRENTLY = "postgresql_concurrently"


class _StatementCollector(PostgresqlImpl):
    """Alembic's way with PostgreSQL, but for running anything."""

    def __init__(self, context: MigrationContext) -> None:
        # Enumerated types have operations of their own: what tables bring with them goes nowhere.
        nowhere = create_mock_engine("postgresql+psycopg2://", lambda *_, **__: None)
        super().__init__(
            plain_dialect(),
            cast("Connection", nowhere),
            as_sql=True,
            transactional_ddl=None,
            output_buffer=None,
            context_opts=context.opts,
        )
        self.statements: list[str] = []

    def _exec(self, construct: object, *_: object, **__: object) -> None:
        found = text(construct) if isinstance(construct, str) else construct
        assert isinstance(found, ClauseElement)
        self.statements.append(str(found.compile(dialect=plain_dialect())))


class SqlRenderer:
    """How operations are written.

    Args:
        metadata: of the model, which says how constraints are named.
        types: the columns that get another type.
    """

    def __init__(self, metadata: MetaData, types: Conversions) -> None:
        self.types = types
        self._written: dict[int, tuple[ops.MigrateOperation, list[str]]] = {}
        options = {"as_sql": True, "output_buffer": io.StringIO(), "target_metadata": metadata}
        self.context = MigrationContext.configure(dialect=plain_dialect(), opts=options)

    def statements(self, operation: ops.MigrateOperation) -> list[str]:
        """The statements of an operation, without semicolons.

        Raises:
            ConfigurationError: when SQLAlchemy cannot write it.
        """
        if isinstance(operation, SqlOperation):
            return list(operation.sql)
        if id(operation) not in self._written:  # SQLAlchemy writes a constraint but once
            self._written[id(operation)] = operation, self._write(operation)
        return list(self._written[id(operation)][1])

    def _write(self, operation: ops.MigrateOperation) -> list[str]:
        collected = self.context.impl = _StatementCollector(self.context)
        try:
            self._invoke(operation, collected)
        except (SQLAlchemyError, CommandError) as error:
            place = ".".join(
                filter(None, (*operation_subject(operation)[0], operation_subject(operation)[1]))
            )
            raise ConfigurationError(
                f"the model's {place} cannot be written as SQL: {' '.join(str(error).split())}",
                "change it in the model",
            ) from error
        return [*map(_lay_out, collected.statements), *self._continue_numbering(operation)]

    def _invoke(self, operation: ops.MigrateOperation, collected: _StatementCollector) -> None:
        """Let Alembic do what it does for an operation, or for its parts."""
        parts: Iterable[ops.MigrateOperation] = [operation]
        match operation:
            case ops.CreateTableOp():
                parts = []
                self._create_table(operation, collected)
            case ops.AddColumnOp():
                parts = []
                self._add_column(operation, collected)
            case ops.AlterColumnOp():
                parts = self._column_changes(operation)
            case ops.CreateIndexOp() | ops.DropIndexOp():
                # It would need a file of its own, outside a transaction.
                plain = copy.copy(operation)
                plain.kw = {k: v for k, v in operation.kw.items() if k != _CONCURRENTLY}
                parts = [plain]
            case ops.CreateUniqueConstraintOp(kw={"postgresql_include": [*names]}):
                # Alembic looks for these columns in a table that has only those of the key.
                whole = copy.copy(operation)
                included = [Column[object](str(name)) for name in names]
                whole.kw = {**operation.kw, "postgresql_include": included}
                parts = [whole]
        for part in parts:
            Operations(self.context).invoke(part)

    def _create_table(self, operation: ops.CreateTableOp, collected: _StatementCollector) -> None:
        """Create a table, but for the foreign keys that have to wait for others."""
        table = operation.to_table(self.context)
        later = operation.info.get(DEFERRED_KEYS, ())
        keys = [key for key in table.foreign_key_constraints if tuple(key.column_keys) not in later]
        collected.create_table(table, include_foreign_key_constraints=keys)

    def _add_column(self, operation: ops.AddColumnOp, collected: _StatementCollector) -> None:
        """Add a column alone: its constraints and indexes have operations of their own."""
        column, table = operation.column, quote_name(operation.table_name, operation.schema)
        specification = ddl_compiler().get_column_specification(column)
        collected.statements.append(f"ALTER TABLE {table} ADD COLUMN {specification}")
        if column.comment is not None:
            collected.create_column_comment(column)

    def _column_changes(self, change: ops.AlterColumnOp) -> Iterator[ops.AlterColumnOp]:
        """Yield the changes of a column: none may be in the way of the next."""
        default, before = change.modify_server_default, change.existing_server_default
        is_free = default is None  # nothing may be NULL as long as it is an identity
        if is_free or (default is not False and before and _is_in_the_way(change)):
            yield self._partial_change(change, modify_server_default=None)
            change = copy.copy(change)
            change.existing_server_default = None
        if change.modify_type is not None:
            using = self._cast_clause(change)
            yield self._partial_change(
                change,
                modify_type=change.modify_type,
                **({"postgresql_using": using} if using else {}),
            )
        if change.modify_nullable is not None:
            yield self._partial_change(change, modify_nullable=change.modify_nullable)
        if default is not False and not is_free:
            yield self._partial_change(change, modify_server_default=default)
        if change.modify_comment is not False:
            yield self._partial_change(change, modify_comment=change.modify_comment)

    def _partial_change(self, change: ops.AlterColumnOp, **parts: Any) -> ops.AlterColumnOp:
        return ops.AlterColumnOp(
            change.table_name,
            change.column_name,
            schema=change.schema,
            existing_type=change.existing_type,
            existing_nullable=change.existing_nullable,
            existing_server_default=change.existing_server_default,
            existing_comment=change.existing_comment,
            **parts,
        )

    def _cast_clause(self, change: ops.AlterColumnOp) -> str:
        """How values get the new type, where PostgreSQL does not know by itself."""
        known = self.types.get(operation_subject(change))
        cast = known.cast if known else ""
        return f"{quote_name(change.column_name)}{cast.removeprefix('x')}" if cast else ""

    def _continue_numbering(self, operation: ops.MigrateOperation) -> Iterator[str]:
        """Yield what makes a new identity go on behind the numbers that are there."""
        if (
            isinstance(operation, ops.AlterColumnOp)
            and isinstance(operation.modify_server_default, Identity)
            and not isinstance(operation.existing_server_default, Identity)
        ):
            table = quote_name(operation.table_name, operation.schema)
            column = quote_name(operation.column_name)
            names = f"{quote_literal(table)}, {quote_literal(operation.column_name)}"
            sequence = f"pg_get_serial_sequence({names})"
            yield f"SELECT setval({sequence}, max({column})) FROM {table}"


def _is_in_the_way(change: ops.AlterColumnOp) -> bool:
    """Whether a default has to go before the next one comes."""
    both = (change.existing_server_default, change.modify_server_default)
    identities = sum(isinstance(each, Identity) for each in both)
    return identities == 1 or (not identities and change.modify_type is not None)


def _lay_out(sql: str) -> str:
    """A statement as SQLAlchemy writes it, made fit for people: what is quoted stays as it is."""
    found = _LAYOUT.sub(_replacement, sql.strip())
    head = _HEAD.match(found)
    if head and "\n" not in found and len(found) > _LONGEST:
        return f"{head[0].rstrip()}\n    {found[head.end() :]}"
    return found


def _replacement(match: re.Match[str]) -> str:
    kinds = {"tab": "    ", "blank": "", "key": "FOREIGN KEY "}
    return kinds.get(match.lastgroup or "", match[0])
