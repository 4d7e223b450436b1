"""The constraints and indexes of a table: what Alembic does not find, and what it finds wrongly."""

from __future__ import annotations

import contextlib
import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, UniqueConstraint, literal_column
from sqlalchemy.sql.elements import conv

from promptlib.autogenerate.compare.server_diff import named_constraints
from promptlib.autogenerate.dialect import driver_cursor, quote_name, stable_spelling
from promptlib.autogenerate.operations import Phase, SqlOperation, operation_subject
from promptlib.autogenerate.write.table_sql import read_existing_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Constraint, Table
    from sqlalchemy.schema import SchemaItem

    from promptlib.autogenerate.compare.server_diff import TableDifferences
    from promptlib.autogenerate.write.table_sql import ExistingTable

_NOT_ENFORCED = " NOT ENFORCED"
_FOREIGN_KEY = "foreign_key_constraint"


class TableChanges:
    """A table of the database beside that of the model.

    Args:
        autogen: Alembic's comparison, which knows what env.py lets be compared.
        found: what Alembic has found of the table, to be put right.
        real: the table, as SQLAlchemy reads it.
        model: that of the model.
        differences: where they differ, as the server sees it.
    """

    def __init__(
        self,
        autogen: AutogenContext,
        found: ModifyTableOps,
        real: Table,
        model: Table,
        differences: TableDifferences,
    ) -> None:
        self.autogen, self.found, self.real, self.model = autogen, found, real, model
        self.differences = differences
        self.table, self.schema = found.table_name, found.schema
        self.sql = quote_name(self.table, self.schema)
        assert autogen.connection
        self.connection = autogen.connection

    @cached_property
    def existing(self) -> ExistingTable:
        """The table, as the server spells it."""
        with contextlib.closing(driver_cursor(self.connection)) as cursor:
            found = read_existing_table(cursor, self.sql)
        assert found
        return found

    def correct(self) -> None:
        """Put right what Alembic has found of constraints and indexes."""
        self._drop_equal_foreign_keys()
        self._compare_primary_key()
        self._compare_unique()
        self._compare_rules()
        self._check_unchecked()
        self._compare_indexes()

    def add(self, *operations: ops.MigrateOperation) -> None:
        """Note what is to be done besides."""
        self.found.ops += operations

    def remove(self, *operations: ops.MigrateOperation) -> None:
        """Take back what was found."""
        for one in operations:
            self.found.ops.remove(one)

    def operations_on(self, name: str, kind: type[ops.MigrateOperation]) -> list[Any]:
        """What is found of an index, a constraint or a column."""
        return [
            one
            for one in self.found.ops
            if isinstance(one, kind) and operation_subject(one)[1] == name
        ]

    def is_included(self, name: str, item: SchemaItem, kind: Any, *, is_real: bool) -> bool:
        """Whether env.py lets a thing be compared."""
        parents: Any = {"table_name": self.table, "schema_name": self.schema}
        return (
            not is_real or self.autogen.run_name_filters(name, kind, parents)
        ) and self.autogen.run_object_filters(item, conv(name), kind, is_real, None)

    def _drop_equal_foreign_keys(self) -> None:
        """Alembic takes the default schema, where the model names it, for another one."""
        made = [one for one in self.found.ops if isinstance(one, ops.CreateForeignKeyOp)]
        gone = [one for one in self.found.ops if isinstance(one, ops.DropConstraintOp)]
        for before, after in itertools.product(gone, made):
            if before.constraint_type == "foreignkey" and self._is_same_foreign_key(
                before.reverse(), after
            ):
                self.remove(before, after)

    def _is_same_foreign_key(
        self, before: ops.MigrateOperation, after: ops.CreateForeignKeyOp
    ) -> bool:
        default = self.autogen.dialect.default_schema_name

        def parts(key: Any) -> tuple[object, ...]:
            options = {k: v for k, v in key.kw.items() if v != default and v is not None}
            return key.referent_table, key.local_cols, key.remote_cols, options

        return parts(before) == parts(after)

    def _compare_primary_key(self) -> None:
        """Alembic does not compare it."""
        real, model = self.real.primary_key, self.model.primary_key
        if {one.name for one in real.columns} == {one.name for one in model.columns}:
            return
        if len(real.columns):
            self.add(ops.DropConstraintOp.from_constraint(real))
        if len(model.columns):
            self.add(ops.AddConstraintOp.from_constraint(model))

    def _compare_unique(self) -> None:
        """Alembic compares their columns: not DEFERRABLE, NULLS NOT DISTINCT and INCLUDE."""
        if not self.differences.model:
            return
        wanted = _manners(self.differences.model.keys)
        there = {name: key for key, name in _names_by_columns(self.real).items()}
        for name, text in sorted(self.differences.real.keys.items()):
            columns, manner = _columns_and_manner(text)
            model = _unique_by_columns(self.model).get(there.get(name, ()))
            if model is None or wanted.get(columns, manner) == manner:
                continue
            if not self.operations_on(name, ops.MigrateOperation) and self.is_included(
                name, model, "unique_constraint", is_real=False
            ):
                made: Any = ops.AddConstraintOp.from_constraint(model)
                made.constraint_name = conv(name)
                drop = ops.DropConstraintOp(
                    conv(name), self.table, "unique", schema=self.schema, _reverse=made
                )
                self.add(drop, made)

    def _compare_rules(self) -> None:
        """CHECK and EXCLUDE: Alembic knows their names at best."""
        named = named_constraints(self.model)
        real = self.differences.real.constraints
        model, same = dict.fromkeys(named, ""), {name: name for name in named if name in real}
        if self.differences.model:
            model, same = self.differences.model.constraints, dict(self.differences.constraints)
        for name in sorted(real.keys() - same.values()):
            if self.differences.refusal and self._has_unnamed_rules():
                break  # it may be one of those
            drop = self._drop_rule(name, real[name])
            if self.is_included(name, drop.to_constraint(), "check_constraint", is_real=True):
                self.add(drop)
        for name in sorted(model.keys() - same.keys()):
            if name not in named:
                self.add(self._unnamed_rule(name, model[name]))
            elif self.is_included(name, named[name], "check_constraint", is_real=False):
                self.add(ops.AddConstraintOp.from_constraint(named[name]))

    def _check_unchecked(self) -> None:
        """Let the server check what it was told not to check, unless the model says so too."""
        for name, how in sorted(self.differences.real.unchecked.items()):
            wanted = self._checked_rules.get(name)
            if wanted is None or self.operations_on(name, ops.DropConstraintOp):
                continue
            kind = "check_constraint" if isinstance(wanted, CheckConstraint) else _FOREIGN_KEY
            never = wanted.dialect_options["postgresql"]["not_valid"] and how != _NOT_ENFORCED
            if not never and self.is_included(name, wanted, kind, is_real=False):
                self.add(_checked(self.existing, name))

    @cached_property
    def _checked_rules(self) -> dict[str, Constraint]:
        """The CHECKs and foreign keys that both have, by their names in the database."""
        names = self.differences.constraints
        rules = named_constraints(self.model)
        unnamed = {name: CheckConstraint("") for name in names if name not in rules}
        keys = {tuple(one.column_keys): one for one in self.model.foreign_key_constraints}
        return {
            **{real: {**unnamed, **rules}[name] for name, real in names.items()},
            **{
                str(one.name): keys[tuple(one.column_keys)]
                for one in self.real.foreign_key_constraints
                if tuple(one.column_keys) in keys
            },
        }

    def _has_unnamed_rules(self) -> bool:
        return any(
            isinstance(one, CheckConstraint) and not isinstance(one.name, str)
            for one in sqla_compat.all_table_check_constraints(self.model)
        )

    def _drop_rule(self, name: str, text: str) -> ops.DropConstraintOp:
        condition: Any = literal_column(text.removeprefix("CHECK "))
        before = ops.CreateCheckConstraintOp(conv(name), self.table, condition, schema=self.schema)
        return ops.DropConstraintOp(
            conv(name), self.table, "check", schema=self.schema, _reverse=before
        )

    def _unnamed_rule(self, name: str, text: str) -> SqlOperation:
        """A rule that the server has named: so has DOWN, which must know it."""
        return SqlOperation(
            Phase.ADD_CONSTRAINT,
            f"ALTER TABLE {self.sql} ADD CONSTRAINT {quote_name(name)} {stable_spelling(text)}",
            undo=ops.DropConstraintOp(conv(name), self.table, "check", schema=self.schema),
            diff=("add_constraint", self.sql, name, text),
        )

    def _compare_indexes(self) -> None:
        """Alembic compares their columns and expressions, some of them wrongly, and no more."""
        if not self.differences.model:
            return
        for index in sorted(self.model.indexes, key=lambda one: str(one.name)):
            name = str(index.name)
            before = next((one for one in self.real.indexes if one.name == name), None)
            if name in self.differences.indexes:
                for kind in (ops.DropIndexOp, ops.CreateIndexOp):
                    self.remove(*self.operations_on(name, kind))
            elif (
                before is not None
                and not self.operations_on(name, ops.CreateIndexOp)
                and self.is_included(name, index, "index", is_real=False)
            ):
                self.add(ops.DropIndexOp.from_index(before), ops.CreateIndexOp.from_index(index))


def _columns_and_manner(text: str) -> tuple[str, str]:
    """What a key is of, and how it holds: `(a, b)` and `UNIQUE NULLS NOT DISTINCT DEFERRABLE`."""
    before, opened, rest = text.partition("(")
    columns, closed, behind = rest.partition(")")
    return opened + columns + closed, before + behind.strip()


def _manners(keys: Mapping[str, str]) -> dict[str, str]:
    return dict(map(_columns_and_manner, keys.values()))


def _unique_by_columns(table: Table) -> dict[tuple[str, ...], UniqueConstraint]:
    return {
        tuple(column.name for column in each.columns): each
        for each in table.constraints
        if isinstance(each, UniqueConstraint)
    }


def _names_by_columns(table: Table) -> dict[tuple[str, ...], str]:
    return {columns: str(each.name) for columns, each in _unique_by_columns(table).items()}


def _checked(table: ExistingTable, name: str) -> SqlOperation:
    """Have a constraint checked: back leads only making it anew."""
    constraint = table.constraints[name]
    phase = Phase.ADD_FOREIGN_KEY if constraint.kind == "f" else Phase.ADD_CONSTRAINT
    alter = f"ALTER TABLE {table.name}"
    drop = f"{alter} DROP CONSTRAINT {quote_name(name)}"
    forth = [f"{alter} VALIDATE CONSTRAINT {quote_name(name)}"]
    if constraint.sql.endswith(_NOT_ENFORCED):
        enforced = constraint._replace(sql=constraint.sql.removesuffix(_NOT_ENFORCED))
        forth = [drop, *table.statements_to_add(enforced)]
    return SqlOperation(
        phase,
        *forth,
        undo=SqlOperation(phase, drop, *table.statements_to_add(constraint)),
        diff=("validate_constraint", table.name, name),
        remark=f"fails where rows of {table.name} break {name}",
    )
