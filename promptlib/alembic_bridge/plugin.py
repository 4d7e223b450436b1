"""The one seam into Alembic: ScriptDirectory.from_config returns ours where sql_location is set.

Published under the entry point group `alembic.plugins`; Alembic calls `setup` when it is imported.
"""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from alembic.runtime.plugins import Plugin
    from alembic.script import ScriptDirectory

OPTION = "sql_location"


def setup(_plugin: Plugin) -> None:
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


class _Module(ModuleType):
    """This module, which Alembic 1.20.0 iterates over: it took an entry point for a list."""

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _Module
