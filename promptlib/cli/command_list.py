"""Every command of `promptlib`, in the order of its help: this list, and a module for each.

Modules are named, not imported: only that of the command which was typed is needed.
"""

from __future__ import annotations

import importlib

from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from promptlib.cli.command import Command, CommandGroup


class ListedCommand(NamedTuple):
    """Where a command is.

    Attributes:
        name: what to type.
        module: whose COMMAND it is.
        aliases: what else may be typed.
        needs_driver: whether its modules import psycopg2, not only what it calls later.
    """

    name: str
    module: str
    aliases: tuple[str, ...] = ()
    needs_driver: bool = True

    def load(self) -> Command | CommandGroup:
        """Import it."""
        if self.needs_driver:
            import promptlib.postgres.driver  # noqa: F401 - before any other module imports psycopg2
        found: Command | CommandGroup = importlib.import_module(self.module).COMMAND
        return found


COMMANDS = (
    ListedCommand("init", "promptlib.cli.commands.init"),
    ListedCommand("import", "promptlib.cli.commands.import_", needs_driver=False),
    ListedCommand("migrate", "promptlib.cli.commands.migrate", ("up",), needs_driver=False),
    ListedCommand("rollback", "promptlib.cli.commands.rollback", ("down",), needs_driver=False),
    ListedCommand("redo", "promptlib.cli.commands.redo"),
    ListedCommand("reset", "promptlib.cli.commands.reset"),
    ListedCommand("repair", "promptlib.cli.commands.repair", needs_driver=False),
    ListedCommand("adopt", "promptlib.cli.commands.adopt"),
    ListedCommand("status", "promptlib.cli.commands.status", needs_driver=False),
    ListedCommand("pending", "promptlib.cli.commands.pending", needs_driver=False),
    ListedCommand("executed", "promptlib.cli.commands.executed", needs_driver=False),
    ListedCommand("history", "promptlib.cli.commands.history", needs_driver=False),
    ListedCommand("new", "promptlib.cli.commands.new", needs_driver=False),
    ListedCommand("dump", "promptlib.cli.commands.dump"),
    ListedCommand("baseline", "promptlib.cli.commands.baseline"),
    ListedCommand("squash", "promptlib.cli.commands.squash"),
    ListedCommand("backup", "promptlib.cli.commands.backup"),
    ListedCommand("restore", "promptlib.cli.commands.restore"),
    ListedCommand("completion", "promptlib.cli.commands.completion", needs_driver=False),
    ListedCommand("verify", "promptlib.cli.commands.verify"),
    ListedCommand("erd", "promptlib.cli.commands.erd"),
    ListedCommand("lint", "promptlib.cli.commands.lint", needs_driver=False),
    ListedCommand("check", "promptlib.cli.commands.check"),
    ListedCommand("db", "promptlib.cli.commands.db"),
)
BY_NAME = {name: each for each in COMMANDS for name in (each.name, *each.aliases)}
