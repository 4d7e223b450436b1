"""The same change in stages, for tables in use: none holds a lock for as long as it takes to look.

Indexes are made and dropped CONCURRENTLY, outside a transaction. Foreign keys and CHECKs come NOT
VALID, UNIQUE by an index that is there already, NOT NULL behind a CHECK: what is left is to
validate them, table by table, in transactions that writers need not wait for. New tables are made
plainly.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.operations import ops
from sqlalchemy import Identity

from promptlib.autogenerate.dialect import quote_name
from promptlib.autogenerate.operations import (
    Phase,
    SqlOperation,
    operation_subject,
    operation_table,
)
from promptlib.autogenerate.write.data_loss import needs_value
from promptlib.autogenerate.write.ordering import referenced_columns
from promptlib.syntax.lexemes import QUOTED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from promptlib.autogenerate.write.rendering import SqlRenderer
    from promptlib.autogenerate.write.restore import TableRestore

    Operations = list[ops.MigrateOperation]

_NAME = rf"(?:{QUOTED_NAME}|\w+)"
_ADD = re.compile(
    rf"(?P<alter>ALTER TABLE (?P<table>(?:{_NAME}\.)?{_NAME})\s+)ADD CONSTRAINT (?P<name>{_NAME}) "
    r"(?P<kind>CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY)(?P<rest>.*)",
    re.DOTALL,
)
_KEY = re.compile(
    r"(?P<nulls> NULLS NOT DISTINCT)?\s*(?P<columns>\(.*?\)(?: INCLUDE \(.*?\))?)"
    r"(?P<manner>(?: NOT)?(?: DEFERRABLE| INITIALLY \w+)*)",
    re.DOTALL,
)
_UNCHECKED = (" NOT VALID", " NOT ENFORCED")
_LONGEST = 63 - len("_filled")  # bytes of a name


class Stage(NamedTuple):
    """A migration of its own.

    Attributes:
        title: what it is, beside what the author calls it all.
        is_transactional: whether it runs in a transaction.
        up: its operations, in order.
        down: what takes them back, in order.
    """

    title: str
    is_transactional: bool
    up: Operations
    down: Operations


def plan_stages(
    up: Operations,
    down: Iterable[ops.MigrateOperation],
    restore: TableRestore,
    renderer: SqlRenderer,
) -> list[Stage]:
    """Divide a change.

    Args:
        up: its operations, in order.
        down: those of the way back, as Alembic finds them.
        restore: the tables that are there.
        renderer: how UP is written.

    Returns:
        The stages: what is to be dropped first, the change, what is to be built, what is to be
        validated. Those without operations are left out but for the change.
    """
    staging = _Staging(up, list(down), restore, renderer)
    for operation in up:
        staging.take(operation)
    drops, builds = (
        Stage(title, False, forth, list(reversed(back)))  # noqa: FBT003 - the field's name says it
        for title, (forth, back) in (
            ("drop indexes", staging.drops),
            ("indexes", staging.builds),
        )
    )
    change = [*staging.main, *staging.rules]
    main = Stage("", True, change, list(restore.put_back(staging.down)))  # noqa: FBT003
    found = [stage for stage in (drops, main, builds, *staging.checks()) if stage.up]
    return found or [main]


class _Staging:
    """The operations of each stage, and what takes them back."""

    def __init__(
        self, up: Operations, down: Operations, restore: TableRestore, renderer: SqlRenderer
    ) -> None:
        self.down, self._restore, self._renderer = down, restore, renderer
        self.main: Operations = []
        self.rules: Operations = []  # that stand for NOT NULL, behind all of these
        self.drops: tuple[Operations, Operations] = ([], [])
        self.builds: tuple[Operations, Operations] = ([], [])
        self._checks: dict[str, tuple[Operations, Operations]] = {}  # by table
        self._created = {operation_table(one) for one in up if isinstance(one, ops.CreateTableOp)}
        # Foreign keys of the change itself need these keys: they are made before.
        self._referenced = {key for one in up for key in referenced_columns(one)}
        aside = (one for one in up if isinstance(one, SqlOperation))
        self._has_aside = any(one.phase is Phase.DROP_FOREIGN_KEY for one in aside)

    def take(self, operation: ops.MigrateOperation) -> None:
        """Put an operation into its stage, or into several."""
        match operation:
            case ops.CreateIndexOp() if self._may_wait(operation, operation.unique):
                self._build_index(operation)
            case ops.DropIndexOp() if self._may_wait(operation, operation.to_index().unique):
                self._drop_index(operation)
            case ops.AddConstraintOp() | SqlOperation(phase=Phase.ADD_CONSTRAINT):
                self._add_constraint(operation)
            case ops.AlterColumnOp(modify_nullable=False) if self._is_in_use(operation) and not (
                isinstance(operation.modify_server_default, Identity)
            ):
                self._require_values(operation)
            case ops.AddColumnOp(column=column) if self._is_in_use(operation) and needs_value(
                column
            ):
                self._add_required_column(operation)
            case _:
                self.main.append(operation)

    def checks(self) -> Iterator[Stage]:
        """Yield what is left to be validated: a stage for each table, so that few are locked."""
        for table, (forth, back) in self._checks.items():
            title = f"validate {table}" if len(self._checks) > 1 else "validate"
            yield Stage(title, True, forth, list(reversed(back)))  # noqa: FBT003

    def _check(self, table: str, forth: SqlOperation, back: SqlOperation) -> None:
        ways = self._checks.setdefault(table, ([], []))
        ways[0].append(forth)
        ways[1].append(back)

    def _is_in_use(self, operation: ops.MigrateOperation) -> bool:
        key = operation_table(operation)
        table = self._restore.tables.get(key) if key else None
        return table is not None and not table.partitioned_by and key not in self._created

    def _may_wait(self, operation: ops.MigrateOperation, is_unique: object) -> bool:
        """Whether nothing else of the change needs an index or key, or that it is gone."""
        columns = frozenset(map(str, getattr(operation, "columns", ())))
        needed = (operation_table(operation), columns) in self._referenced or self._has_aside
        return self._is_in_use(operation) and not (is_unique and needed)

    def _taken_back(self, kind: type[ops.MigrateOperation], subject: object) -> Operations:
        """What DOWN has for something, which moves with it."""
        found = [
            one for one in self.down if isinstance(one, kind) and operation_subject(one) == subject
        ]
        self.down = [one for one in self.down if one not in found]
        return found

    def _build_index(self, operation: ops.CreateIndexOp) -> None:
        (index, *others) = self._renderer.statements(operation)
        self.builds[0].append(SqlOperation(Phase.CREATE_INDEX, _concurrent(index), *others))
        for one in self._taken_back(ops.DropIndexOp, operation_subject(operation)):
            drop = _concurrent(self._renderer.statements(one)[0])
            self.builds[1].append(SqlOperation(Phase.DROP_INDEX, drop))

    def _drop_index(self, operation: ops.DropIndexOp) -> None:
        drop = _concurrent(self._renderer.statements(operation)[0])
        self.drops[0].append(SqlOperation(Phase.DROP_INDEX, drop))
        back = self._taken_back(ops.CreateIndexOp, operation_subject(operation))
        for one in self._restore.put_back(back):
            (index, *others) = self._renderer.statements(one)
            self.drops[1].append(SqlOperation(Phase.CREATE_INDEX, _concurrent(index), *others))

    def _add_constraint(self, operation: ops.MigrateOperation) -> None:
        sql, *others = self._renderer.statements(operation)
        match = _ADD.fullmatch(sql)
        if match is None or others or not self._is_altered(operation, match):
            self.main.append(operation)
        elif match["kind"] in ("CHECK", "FOREIGN KEY"):
            self._validate_later(match, operation)
        elif self._may_wait(operation, match["kind"]) and (key := _KEY.fullmatch(match["rest"])):
            self._attach_later(match, key, operation)
        else:
            self.main.append(operation)

    def _is_altered(self, operation: ops.MigrateOperation, match: re.Match[str]) -> bool:
        """Whether a constraint is for a table in use, and is one to be checked."""
        names = {quote_name(key.name, key.schema): key for key in self._restore.tables}
        key = operation_table(operation) or names.get(match["table"])
        table = self._restore.tables.get(key) if key and key not in self._created else None
        checked = not match[0].endswith(_UNCHECKED)
        return table is not None and not table.partitioned_by and checked

    def _validate_later(self, match: re.Match[str], operation: ops.MigrateOperation) -> None:
        is_key = match["kind"] == "FOREIGN KEY"
        phase = Phase.ADD_FOREIGN_KEY if is_key else Phase.ADD_CONSTRAINT
        add, alter, name = f"{match[0]} NOT VALID", match["alter"], match["name"]
        said = operation.remark if isinstance(operation, SqlOperation) else ""
        self.main.append(SqlOperation(phase, add, remark=said))
        remark = f"fails where rows of {match['table']} break {name}"
        validate = f"{_inline(alter)}VALIDATE CONSTRAINT {name}"
        drop = f"{_inline(alter)}DROP CONSTRAINT {name}"
        forth, back = SqlOperation(phase, validate, remark=remark), SqlOperation(phase, drop, add)
        self._check(match["table"], forth, back)

    def _attach_later(
        self, match: re.Match[str], key: re.Match[str], operation: ops.MigrateOperation
    ) -> None:
        alter, name = _inline(match["alter"]), match["name"]
        index = (
            f"CREATE UNIQUE INDEX {name} ON {match['table']} {key['columns']}{key['nulls'] or ''}"
        )
        self.builds[0].append(SqlOperation(Phase.CREATE_INDEX, _concurrent(index)))
        schema = getattr(operation, "schema", None)
        drop = f"DROP INDEX {quote_name(schema) + '.' if schema else ''}{name}"
        self.builds[1].append(SqlOperation(Phase.DROP_INDEX, _concurrent(drop)))
        attach = f"{alter}ADD CONSTRAINT {name} {match['kind']} USING INDEX {name}{key['manner']}"
        detach = f"{alter}DROP CONSTRAINT {name}"
        self._check(
            match["table"],
            SqlOperation(Phase.ADD_CONSTRAINT, attach),
            SqlOperation(Phase.ADD_CONSTRAINT, detach, index),
        )
        self._taken_back(ops.DropConstraintOp, operation_subject(operation))

    def _require_values(self, operation: ops.AlterColumnOp) -> None:
        """NOT NULL for a column that is there."""
        rest = copy.copy(operation)
        rest.modify_nullable = None
        if rest.has_changes():
            self.main.append(rest)
        for place, one in enumerate(self.down):
            if isinstance(one, ops.AlterColumnOp) and (
                operation_subject(one) == operation_subject(operation)
            ):
                self.down[place] = back = copy.copy(one)
                back.modify_nullable = None
        self.down = [
            one for one in self.down if not isinstance(one, ops.AlterColumnOp) or one.has_changes()
        ]
        self._not_null_later(operation)

    def _add_required_column(self, operation: ops.AddColumnOp) -> None:
        """A column that is to be filled before it is NOT NULL."""
        nullable = copy.copy(operation)
        column: Any = operation.column
        nullable.column = column._copy()
        nullable.column.nullable = True
        nullable.column.table = column.table
        self.main.append(nullable)
        self._not_null_later(operation)

    def _not_null_later(self, operation: ops.MigrateOperation) -> None:
        key, column = operation_subject(operation)
        table, name = quote_name(key.name, key.schema), quote_name(column)
        base = f"{key.name}_{column}".encode()[:_LONGEST].decode(errors="ignore")
        rule = quote_name(f"{base}_filled")
        add = f"ALTER TABLE {table} ADD CONSTRAINT {rule} CHECK ({name} IS NOT NULL) NOT VALID"
        drop = f"ALTER TABLE {table} DROP CONSTRAINT {rule}"
        alter = f"ALTER TABLE {table} ALTER COLUMN {name}"
        self.rules.append(SqlOperation(Phase.ADD_CONSTRAINT, add))
        self.down.append(SqlOperation(Phase.DROP_CONSTRAINT, drop))
        validate = f"ALTER TABLE {table} VALIDATE CONSTRAINT {rule}"
        remark = f"fails where {table}.{name} is NULL: fill it before"
        forth = [validate, f"{alter} SET NOT NULL", drop]
        self._check(
            table,
            SqlOperation(Phase.ALTER_COLUMN, *forth, remark=remark),
            SqlOperation(Phase.ALTER_COLUMN, f"{alter} DROP NOT NULL", add),
        )


def _inline(alter: str) -> str:
    return f"{alter.rstrip()} "


def _concurrent(sql: str) -> str:
    """CREATE or DROP INDEX so that nobody waits for it, and that a second run does no harm."""
    if sql.startswith("DROP INDEX "):
        return sql.replace("DROP INDEX ", "DROP INDEX CONCURRENTLY IF EXISTS ", 1)
    return sql.replace("INDEX ", "INDEX CONCURRENTLY IF NOT EXISTS ", 1)
