"""The operations that a table needs beyond those that Alembic finds, and those that it does not."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.util import sqla_compat
from sqlalchemy import CheckConstraint, Identity, literal_column
from sqlalchemy.sql.elements import conv

from promptlib.differences import named_rules
from promptlib.operations import Phase, Statement, subject
from promptlib.spelling import again, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import ModifyTableOps
    from sqlalchemy import Column, Index, Table
    from sqlalchemy.schema import SchemaItem

    from promptlib.differences import Differences


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
        differences: Differences,
    ) -> None:
        self.autogen, self.found, self.real, self.model = autogen, found, real, model
        self.differences = differences
        self.table, self.schema = found.table_name, found.schema

    def add(self) -> None:
        """Put right what Alembic has found."""
        self._foreign_keys()
        self._primary_key()
        self._rules()
        self._indexes()
        self._generated()
        self._identities()
        self._respelled()

    def _add(self, operation: ops.MigrateOperation) -> None:
        self.found.ops.append(operation)

    def _concerning(self, name: str, kind: type[ops.MigrateOperation]) -> list[Any]:
        """What is found of an index, a constraint or a column."""
        return [one for one in self.found.ops if isinstance(one, kind) and subject(one)[1] == name]

    def _is_wanted(self, name: str, item: SchemaItem, kind: Any, *, is_real: bool) -> bool:
        """Whether env.py lets a thing be compared."""
        parents: Any = {"table_name": self.table, "schema_name": self.schema}
        return (
            not is_real or self.autogen.run_name_filters(name, kind, parents)
        ) and self.autogen.run_object_filters(item, conv(name), kind, is_real, None)

    def _foreign_keys(self) -> None:
        """Alembic takes the default schema, where the model names it, for another one."""
        made = [one for one in self.found.ops if isinstance(one, ops.CreateForeignKeyOp)]
        gone = [one for one in self.found.ops if isinstance(one, ops.DropConstraintOp)]
        for before, after in itertools.product(gone, made):
            if before.constraint_type == "foreignkey" and self._is_same(before.reverse(), after):
                self.found.ops.remove(before)
                self.found.ops.remove(after)

    def _is_same(self, before: ops.MigrateOperation, after: ops.CreateForeignKeyOp) -> bool:
        default = self.autogen.dialect.default_schema_name

        def parts(key: Any) -> tuple[object, ...]:
            options = {k: v for k, v in key.kw.items() if v != default and v is not None}
            return key.referent_table, key.local_cols, key.remote_cols, options

        return parts(before) == parts(after)

    def _primary_key(self) -> None:
        """Alembic does not compare it."""
        real, model = self.real.primary_key, self.model.primary_key
        if [one.name for one in real.columns] == [one.name for one in model.columns]:
            return
        if len(real.columns):
            self._add(ops.DropConstraintOp.from_constraint(real))
        if len(model.columns):
            self._add(ops.AddConstraintOp.from_constraint(model))

    def _rules(self) -> None:
        """CHECK and EXCLUDE: Alembic knows their names at best."""
        named = named_rules(self.model)
        real = self.differences.real.constraints
        model, same = dict.fromkeys(named, ""), {name: name for name in named if name in real}
        if self.differences.model:
            model, same = self.differences.model.constraints, dict(self.differences.constraints)
        for name in sorted(real.keys() - same.values()):
            if self.differences.refusal and self._has_unnamed_rules():
                break  # it may be one of those
            drop = self._drop_rule(name, real[name])
            if self._is_wanted(name, drop.to_constraint(), "check_constraint", is_real=True):
                self._add(drop)
        for name in sorted(model.keys() - same.keys()):
            if name not in named:
                self._add(self._unnamed_rule(name, model[name]))
            elif self._is_wanted(name, named[name], "check_constraint", is_real=False):
                self._add(ops.AddConstraintOp.from_constraint(named[name]))

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

    def _unnamed_rule(self, name: str, text: str) -> Statement:
        """A rule that the server has named: so has DOWN, which must know it."""
        table = quoted(self.table, self.schema)
        return Statement(
            Phase.ADD_CONSTRAINT,
            f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {again(text)}",
            undo=ops.DropConstraintOp(conv(name), self.table, "check", schema=self.schema),
            diff=("add_constraint", table, name, text),
        )

    def _indexes(self) -> None:
        """Alembic compares their columns and expressions, some of them wrongly, and no more."""
        if not self.differences.model:
            return
        for index in sorted(self.model.indexes, key=lambda one: str(one.name)):
            name = str(index.name)
            before = next((one for one in self.real.indexes if one.name == name), None)
            if name in self.differences.indexes:
                self._forget(name)
            elif (
                before is not None
                and not self._concerning(name, ops.CreateIndexOp)
                and self._is_wanted(name, index, "index", is_real=False)
            ):
                self._remake_index(before, index)

    def _forget(self, name: str) -> None:
        """Take back what was found of an index."""
        for kind in (ops.DropIndexOp, ops.CreateIndexOp):
            for one in self._concerning(name, kind):
                self.found.ops.remove(one)

    def _remake_index(self, before: Index, index: Index) -> None:
        self._add(ops.DropIndexOp.from_index(before))
        self._add(ops.CreateIndexOp.from_index(index))

    def _generated(self) -> None:
        """A column that is generated in another way is made anew: its values are computed."""
        anew = []
        for name in sorted(self.differences.generated):
            real, model = self.real.columns[name], self.model.columns[name]
            if not self._is_wanted(name, model, "column", is_real=False):
                continue
            if self._can_keep_values(name, model):
                self._add(self._keep_values(real, model))
                continue
            for change in self._concerning(name, ops.AlterColumnOp):
                self.found.ops.remove(change)
            self.found.ops += self._anew(real, model)
            anew.append(name)
        for user, sql in self._users(anew).items():  # they go with a column
            back = Statement(Phase.CREATE_INDEX, again(sql))
            self._add(Statement(Phase.CREATE_INDEX, again(sql), undo=back, diff=("add", user)))

    def _respelled(self) -> None:
        """With a column's type the server spells rules anew; DOWN has them as they were before."""
        changes = [one for one in self.found.ops if isinstance(one, ops.AlterColumnOp)]
        names = [one.column_name for one in changes if one.modify_type is not None]
        for user, sql in self._users(names).items():
            if again(sql) != sql:
                drop = f"DROP INDEX {quoted(user, self.schema)}"
                if sql.startswith("ALTER"):
                    table = quoted(self.table, self.schema)
                    drop = f"ALTER TABLE {table} DROP CONSTRAINT {quoted(user)}"
                self._add_for_down(Phase.DROP_CONSTRAINT, drop)
                self._add_for_down(Phase.CREATE_INDEX, again(sql))

    def _add_for_down(self, phase: Phase, sql: str) -> None:
        self._add(Statement(phase, undo=Statement(phase, sql), diff=("respell", sql)))

    def _users(self, columns: Iterable[str]) -> dict[str, str]:
        """The constraints and indexes that need columns, and stay: what makes them again."""
        users = self.differences.real.users
        return {
            user: sql
            for column in columns
            for user, sql in users.get(column, {}).items()
            if not self._concerning(user, ops.MigrateOperation)
        }

    def _can_keep_values(self, name: str, model: Column[Any]) -> bool:
        """Whether a column need not be generated any more, and that is all."""
        stored = self.differences.real.columns[name].generated == "s"
        return stored and model.server_default is None

    def _keep_values(self, real: Column[Any], model: Column[Any]) -> Statement:
        alter = f"ALTER TABLE {quoted(self.table, self.schema)} ALTER COLUMN {quoted(real.name)}"
        return Statement(
            Phase.ALTER_COLUMN,
            f"{alter} DROP EXPRESSION",
            undo=ops.ModifyTableOps(self.table, self._anew(model, real), schema=self.schema),
            diff=("remove_expression", self.schema, self.table, real.name),
        )

    def _anew(self, before: Column[Any], after: Column[Any]) -> list[ops.MigrateOperation]:
        return [
            ops.DropColumnOp.from_column_and_tablename(self.schema, self.table, before),
            ops.AddColumnOp.from_column_and_tablename(self.schema, self.table, after),
        ]

    def _identities(self) -> None:
        """An identity is never NULL, and takes the place of a sequence that a serial column has."""
        for change in [one for one in self.found.ops if isinstance(one, ops.AlterColumnOp)]:
            name, wanted = change.column_name, change.modify_server_default
            before = change.existing_server_default
            if isinstance(wanted, Identity) and not isinstance(before, Identity):
                if change.existing_nullable:
                    change.modify_nullable = False
                default = self.differences.real.columns[name].default
                if default and self.real.columns[name].server_default is None:
                    self._add(self._drop_sequence(name, default))
            elif isinstance(before, Identity) and wanted is None:
                change.modify_nullable = self.model.columns[name].nullable or None

    def _drop_sequence(self, column: str, default: str) -> Statement:
        """Take away the sequence of a serial column: `nextval(...)`, its default, names it."""
        table, name = quoted(self.table, self.schema), quoted(column)
        literal = default.removeprefix("nextval(").removesuffix("::regclass)")
        sequence = literal.strip("'").replace("''", "'")
        type_ = self.differences.real.columns[column].type
        back = Statement(
            Phase.DROP_TYPE,
            f"CREATE SEQUENCE {sequence} AS {type_} OWNED BY {table}.{name}",
            f"ALTER TABLE {table} ALTER COLUMN {name} SET DEFAULT {default}",
            f"SELECT setval({literal}, max({name})) FROM {table}",
        )
        return Statement(
            Phase.DROP_COLUMN,
            f"ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT",
            f"DROP SEQUENCE {sequence}",
            undo=back,
            diff=("remove_sequence", sequence),
        )
