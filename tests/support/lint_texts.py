"""Migrations as lint looks at them, without a file for each."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.files.directory import MigrationFile
from promptlib.files.parser import Migration, parse_migration
from promptlib.lint.migration_text import History, MigrationText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from promptlib.lint.migration_text import Complaint

NOTHING = "SELECT 1"


def migration(up: str, down: str = NOTHING, options: str = "") -> Migration:
    """A migration of 2026."""
    text = f"-- UP {options}\n{up};\n-- DOWN {options}\n{down};\n"
    return parse_migration("20260101000000", "x", Path("x.sql"), text.encode())


def migration_text(
    up: str,
    down: str = NOTHING,
    *,
    options: str = "",
    earlier: str = "",
    busy_tables: tuple[str, ...] = (),
) -> MigrationText:
    """A migration as rules look at it, with an earlier one that has made something."""
    made = migration(up, down, options)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.sql")
        path.write_text(f"-- UP\n{earlier or NOTHING};\n-- DOWN\n{NOTHING};\n", encoding="utf-8")
        history = History([MigrationFile("20250101000000", "x", str(path))])
        history.before(made)  # it is not read again
    return MigrationText(made, history, busy_tables)


def columns(
    find: Callable[[MigrationText], Iterable[Complaint]], text: MigrationText
) -> tuple[list[int], list[int]]:
    """The columns where a rule is broken in UP and in DOWN, each of which is one line."""
    starts = (text.migration.up.start, text.migration.down.start)
    offsets = [each.offset for each in find(text)]
    up = [offset - starts[0] for offset in offsets if offset < starts[1]]
    return up, [offset - starts[1] for offset in offsets if offset >= starts[1]]
