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
    """

    name: str
    module: str
    aliases: tuple[str, ...] = ()

    def load(self) -> Command | CommandGroup:
        """Import it."""
        found: Command | CommandGroup = importlib.import_module(self.module).COMMAND
        return found


COMMANDS = (
    ListedCommand("init", "promptlib.cli.commands.init"),
    ListedCommand("import", "promptlib.cli.commands.import_"),
    ListedCommand("migrate", "promptlib.cli.commands.migrate", ("up",)),
    ListedCommand("rollback", "promptlib.cli.commands.rollback", ("down",)),
    ListedCommand("redo", "promptlib.cli.commands.redo"),
    ListedCommand("reset", "promptlib.cli.commands.reset"),
    ListedCommand("repair", "promptlib.cli.commands.repair"),
    ListedCommand("adopt", "promptlib.cli.commands.adopt"),
    ListedCommand("status", "promptlib.cli.commands.status"),
    ListedCommand("pending", "promptlib.cli.commands.pending"),
    ListedCommand("executed", "promptlib.cli.commands.executed"),
    ListedCommand("history", "promptlib.cli.commands.history"),
    ListedCommand("new", "promptlib.cli.commands.new"),
    ListedCommand("dump", "promptlib.cli.commands.dump"),
    ListedCommand("baseline", "promptlib.cli.commands.baseline"),
    ListedCommand("squash", "promptlib.cli.commands.squash"),
    ListedCommand("backup", "promptlib.cli.commands.backup"),
    ListedCommand("restore", "promptlib.cli.commands.restore"),
    ListedCommand("completion", "promptlib.cli.commands.completion"),
    ListedCommand("verify", "promptlib.cli.commands.verify"),
    ListedCommand("erd", "promptlib.cli.commands.erd"),
    ListedCommand("lint", "promptlib.cli.commands.lint"),
    ListedCommand("check", "promptlib.cli.commands.check"),
    ListedCommand("db", "promptlib.cli.commands.db"),
)
BY_NAME = {name: each for each in COMMANDS for name in (each.name, *each.aliases)}
