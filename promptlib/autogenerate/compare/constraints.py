"""The constraints and indexes of a table: what Alembic does not find, and what it finds wrongly."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, literal_column
from sqlalchemy.sql.elements import conv

from promptlib.autogenerate.compare.server_diff import named_constraints
from promptlib.autogenerate.dialect import quote_name, stable_spelling
from promptlib.autogenerate.operations import Phase, SqlOperation, operation_subject

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Table
    from sqlalchemy.schema import SchemaItem

    from promptlib.autogenerate.compare.server_diff import TableDifferences


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

    def correct(self) -> None:
        """Put right what Alembic has found of constraints and indexes."""
        self._drop_equal_foreign_keys()
        self._compare_primary_key()
        self._compare_rules()
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
