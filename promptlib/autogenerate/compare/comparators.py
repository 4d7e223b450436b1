"""What Alembic compares as text, compared by the server: for `alembic check` and --autogenerate.

Types, defaults, CHECK and EXCLUDE constraints, indexes, generated columns and enumerated types. The
rest is Alembic's: tables, columns, nullability, comments, identities, unique and foreign keys.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Computed, DefaultClause, Identity
from sqlalchemy.exc import DBAPIError

from promptlib.autogenerate.compare.columns import correct_column_changes
from promptlib.autogenerate.compare.constraints import TableChanges
from promptlib.autogenerate.compare.enums import EnumComparison
from promptlib.autogenerate.compare.references import set_references_aside
from promptlib.autogenerate.compare.sequences import SequenceComparison
from promptlib.autogenerate.compare.server_diff import compare_on_server
from promptlib.autogenerate.conversions import Conversion
from promptlib.autogenerate.dialect import driver_cursor, plain_dialect, quote_name
from promptlib.autogenerate.operations import (
    Phase,
    SqlOperation,
    TableKey,
    flatten_operations,
    name_constraint,
    operation_subject,
    operation_table,
)
from promptlib.core.logs import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import AlterColumnOp, ModifyTableOps, UpgradeOps
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Column, Connection, MetaData, Table

    from promptlib.autogenerate.compare.server_diff import TableDifferences
    from promptlib.autogenerate.conversions import Conversions

_log = Log(__name__)
COMPARISON_OPTION = "promptlib_comparison"  # where context.configure keeps what is below
_FIRST, _LAST = DispatchPriority.FIRST, DispatchPriority.LAST
_GO_ON, _STOP = PriorityDispatchResult.CONTINUE, PriorityDispatchResult.STOP


def comparison_options(
    models: Sequence[MetaData], is_compared: Callable[..., bool]
) -> dict[str, Any]:
    """What `context.configure` needs.

    Args:
        models: what the database is compared with.
        is_compared: what Alembic knows as `include_object`.
    """
    return {
        "autogenerate_plugins": ["alembic.autogenerate.*", _registered_plugin()],
        "compare_type": True,
        "compare_server_default": True,
        "target_metadata": list(models),
        "include_object": is_compared,
        COMPARISON_OPTION: ModelComparison(models, is_compared),
    }


@functools.cache
def _registered_plugin() -> str:
    """Make the comparators of tables and types known to Alembic, by a name, once."""
    plugin = Plugin("promptlib.compare")
    add = plugin.add_autogenerate_comparator
    add(_compare_type, "column", "types", priority=_FIRST)
    add(_compare_default, "column", "server_default", priority=_FIRST)
    add(_compare_table, "table", priority=_LAST)
    add(_compare_named_types, "schema", priority=_LAST)
    return plugin.name


class ModelComparison:
    """What was found out while a database is compared with a model.

    Args:
        models: what it is compared with.
        is_compared: what Alembic knows as `include_object`.
    """

    def __init__(self, models: Iterable[MetaData], is_compared: Callable[..., bool]) -> None:
        self.models = list(models)
        self.is_compared = is_compared
        self.found: dict[tuple[str | None, str], TableDifferences] = {}
        self.types: EnumComparison | None = None
        self.sequences: SequenceComparison | None = None
        self.reasons: dict[str, str] = {}

    @property
    def remarks(self) -> list[str]:
        """What may have been missed."""
        return list(self.reasons.values())

    def table_differences(self, connection: Connection, table: Table) -> TableDifferences:
        """Where a table is not as the model says."""
        key = table.schema, table.name
        if key not in self.found:
            made = [
                *self.enum_comparison(connection).temporary_types(table),
                *self.sequence_comparison(connection).temporary_sequences(),
            ]
            self.found[key] = compare_on_server(connection, table, made)
            if refusal := self.found[key].refusal:
                self.remark(f"compared as it is written, not as it is meant: {refusal}", table)
        return self.found[key]

    def remark(self, reason: str, table: Table) -> None:
        """Say why something may be missed, once for whatever it holds of."""
        if reason not in self.reasons:
            self.reasons[reason] = f"{quote_name(table.name, table.schema)} is {reason}"
            _log.warning("%s", self.reasons[reason])

    def conversions(self, schema: str | None) -> tuple[Conversions, Conversions]:
        """The columns that get another type, in UP and in DOWN.

        Args:
            schema: the one that names without a schema are in.
        """
        up, down = {}, {}
        for (own, table), found in self.found.items():
            for column, (old, new) in found.types.items():
                key = TableKey(own if own != schema else None, table), column
                forth, back = found.casts[column]
                up[key], down[key] = Conversion(old, new, forth), Conversion(new, old, back)
        return up, down

    def enum_comparison(self, connection: Connection) -> EnumComparison:
        """The types of the model and of the database."""
        if self.types is None:
            columns = {column: self._compares(column) for column in self._columns()}
            self.types = EnumComparison(driver_cursor(connection), columns)
        return self.types

    def sequence_comparison(self, connection: Connection) -> SequenceComparison:
        """The sequences of the model that the database lacks."""
        if self.sequences is None:
            columns = filter(self._compares, self._columns())
            self.sequences = SequenceComparison(driver_cursor(connection), self.models, columns)
        return self.sequences

    def _columns(self) -> Iterator[Column[object]]:
        tables = (table for model in self.models for table in model.tables.values())
        return (column for table in tables for column in table.columns)

    def _compares(self, column: Column[object]) -> bool:
        is_reflected, table = False, column.table
        return self.is_compared(table, table.name, "table", is_reflected, None) and (
            self.is_compared(column, column.name, "column", is_reflected, None)
        )


def _table_differences(context: MigrationContext, table: Table) -> TableDifferences:
    assert context.connection
    comparison: ModelComparison = context.opts[COMPARISON_OPTION]
    return comparison.table_differences(context.connection, table)


def _compare_type(  # what Alembic passes
    autogen: AutogenContext,
    change: AlterColumnOp,
    _schema: str | None,
    _table: str,
    _name: str,
    real: Column[object],
    model: Column[object],
) -> PriorityDispatchResult:
    """Compare a column's type, also one that SQLAlchemy does not know."""
    found = _table_differences(autogen.migration_context, model.table)
    if found.refusal:
        return _GO_ON
    change.existing_type = real.type
    if model.name in found.types:
        change.modify_type = model.type
    return _STOP


def _compare_default(  # what Alembic passes
    autogen: AutogenContext,
    change: AlterColumnOp,
    _schema: str | None,
    _table: str,
    _name: str,
    real: Column[object],
    model: Column[object],
) -> PriorityDispatchResult:
    """Compare a column's default, unless it is an identity, which Alembic compares well.

    Alembic itself asks the server whether the two values are equal, which fails for types without
    such an operator, and says no of those that differ each time.
    """
    before, after = real.server_default, model.server_default
    if isinstance(before, Computed) or isinstance(after, Computed):
        return _STOP  # columns.py sees to it
    if after is None and model is model.table.autoincrement_column:
        return _STOP  # a serial or an identity: either numbers the rows
    if isinstance(before, Identity) or not isinstance(after, DefaultClause | None):
        return _GO_ON
    context = autogen.migration_context
    found = _table_differences(context, model.table)
    if model.name in found.defaults or (found.refusal and _defaults_differ(context, real, model)):
        change.modify_server_default = after
    return _STOP


def _defaults_differ(
    context: MigrationContext, real: Column[object], model: Column[object]
) -> bool:
    """Whether Alembic takes two defaults for different, as far as it can."""
    before = real.server_default and _default_text(real.server_default)
    after = model.server_default and _default_text(model.server_default)
    assert context.connection
    try:
        with context.connection.begin_nested():
            alembics: Any = context.impl.compare_server_default
            return bool(alembics(real, model, after, before))
    except DBAPIError:
        reason = f"not compared in the default of {quote_name(model.name)}"
        context.opts[COMPARISON_OPTION].remark(reason, model.table)
        return False


def _default_text(default: Any) -> str:
    """A default as Alembic compares it."""
    text = default.arg if isinstance(default.arg, str) else getattr(default.arg, "text", None)
    return str(default.arg.compile(dialect=plain_dialect()) if text is None else text)


def _compare_table(
    autogen: AutogenContext,
    found: ModifyTableOps,
    _schema: str | None,
    _name: str,
    real: Table | None,
    model: Table | None,
) -> PriorityDispatchResult:
    """Add what Alembic does not find of a table, and take away what is the same to the server."""
    if real is not None and model is not None:
        context = autogen.migration_context
        table = TableChanges(autogen, found, real, model, _table_differences(context, model))
        table.correct()
        correct_column_changes(table)
    return _GO_ON


def _compare_named_types(
    autogen: AutogenContext, found: UpgradeOps, _schemas: object
) -> PriorityDispatchResult:
    """Add what types need, once the tables are known; give every constraint its name."""
    assert autogen.connection
    comparison: ModelComparison = autogen.migration_context.opts[COMPARISON_OPTION]
    types = comparison.enum_comparison(autogen.connection)
    _sort_drops(found)
    everything = list(map(name_constraint, flatten_operations(found.ops)))
    with contextlib.closing(driver_cursor(autogen.connection)) as cursor:
        found.ops += [
            *_schema_creations(types, everything),
            *comparison.sequence_comparison(autogen.connection).operations(),
            *types.type_operations(everything),
            *set_references_aside(cursor, everything),
        ]
    return _GO_ON


def _schema_creations(
    types: EnumComparison, operations: list[ops.MigrateOperation]
) -> Iterator[SqlOperation]:
    """Make the schemas of new tables, where they are not there."""
    made = {one.schema for one in operations if isinstance(one, ops.CreateTableOp) and one.schema}
    for schema in sorted(made):
        name = quote_name(schema)
        if not types.has_schema(name):
            undo = SqlOperation(Phase.DROP_SCHEMA, f"DROP SCHEMA {name}")
            create = f"CREATE SCHEMA {name}"
            yield SqlOperation(Phase.SCHEMA, create, undo=undo, diff=("add_schema", schema))


def _sort_drops(found: UpgradeOps) -> None:
    """Put what goes into an order that is always the same: Alembic takes it out of sets."""
    gone = {operation_table(one) for one in found.ops if isinstance(one, ops.DropTableOp)}
    found.ops.sort(
        key=lambda one: str(operation_table(one)) if operation_table(one) in gone else ""
    )
    for table in found.ops:
        if isinstance(table, ops.ModifyTableOps):
            table.ops.sort(
                key=lambda one: (
                    str(operation_subject(one)) if isinstance(one, ops.DropColumnOp) else ""
                )
            )
