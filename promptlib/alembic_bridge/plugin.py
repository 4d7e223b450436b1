"""The one seam into Alembic: ScriptDirectory.from_config returns ours where sql_location is set.

Comparisons that programs make by themselves do not propose to drop the ledger.

Published under the entry point group `alembic.plugins`; Alembic calls `setup` when it is imported.
"""

from __future__ import annotations

import logging
import sys
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin
    from alembic.script import ScriptDirectory
    from alembic.util import PriorityDispatchResult

OPTION = "sql_location"
_COMPARATOR = "alembic.autogenerate.promptlib"  # a name that every comparison takes


def setup(plugin: Plugin) -> None:
    """Wrap `from_config`, which ends in a hard-coded `ScriptDirectory(...)`.

    Every project without `sql_location` gets exactly what it got before.
    """
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - Alembic is being imported

    plain = ScriptDirectory.from_config.__func__  # type: ignore[attr-defined]

    @wraps(plain)
    def from_config(cls: type[ScriptDirectory], config: Config) -> Any:
        found = plain(cls, config)
        if not config.get_alembic_option(OPTION):
            return found
        from promptlib.alembic_bridge.revisions import SqlScriptDirectory  # noqa: PLC0415 - others do without

        return SqlScriptDirectory(config, found)

    ScriptDirectory.from_config = classmethod(from_config)  # type: ignore[assignment]
    _add_comparator(type(plugin))


def _add_comparator(plugin: type[Plugin]) -> None:
    """Let Alembic's own comparisons, of whatever program, pass over the ledger."""
    from alembic.util import DispatchPriority  # noqa: PLC0415 - Alembic is being imported

    add = plugin(_COMPARATOR).add_autogenerate_comparator
    add(_keep_ledger, "schema", priority=DispatchPriority.LAST)
    # Alembic logs each plugin that it uses: other projects' logs stay what they were.
    logging.getLogger(plugin.__module__).addFilter(lambda record: record.args != (_COMPARATOR,))


def _keep_ledger(
    _context: AutogenContext, found: UpgradeOps, _schemas: object
) -> PriorityDispatchResult:
    """Take back what would drop our tables: those in schemas that have our table of events."""
    from alembic.operations import ops  # noqa: PLC0415 - Alembic is being imported
    from alembic.util import PriorityDispatchResult  # noqa: PLC0415

    from promptlib.ledger.names import names_beside  # noqa: PLC0415 - others do without
    from promptlib.ledger.tables import RECORDED  # noqa: PLC0415 - others do without

    drops = [each for each in found.ops if isinstance(each, ops.DropTableOp)]
    ours = {
        (each.schema, name)
        for each in drops
        if {*each.to_table().columns.keys()} >= RECORDED
        for name in names_beside(each.table_name)
    }
    of_tables = (ops.DropTableOp, ops.ModifyTableOps)
    found.ops = [
        each
        for each in found.ops
        if not (isinstance(each, of_tables) and (each.schema, each.table_name) in ours)
    ]
    return PriorityDispatchResult.CONTINUE


class _Module(ModuleType):
    """This module, which Alembic 1.20.0 iterates over: it took an entry point for a list."""

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _Module
