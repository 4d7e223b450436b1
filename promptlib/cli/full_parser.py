"""How argparse reads a command line: for help, for completion, and for whatever is not plain."""

from __future__ import annotations

import argparse
import functools
import os

import promptlib
from promptlib.cli.command import CommandGroup
from promptlib.cli.command_list import BY_NAME, COMMANDS, ListedCommand
from promptlib.cli.parser import COMMON_DEFAULTS, add_common_options, first_command
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from promptlib.cli.command import Command

_ABOUT = "Raw SQL migrations, run by Alembic, on PostgreSQL."
_EPILOG = """examples:
  promptlib migrate              run every pending migration
  promptlib status               where each migration stands
  promptlib rollback             take the last migration back
  promptlib new "add a region"   prepare the next migration's file

promptlib COMMAND --help tells more. Everything else is Alembic's: alembic --help"""


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal, found without shutil: argparse asks for each argument."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


class _HelpWithLines(_Help, argparse.RawDescriptionHelpFormatter):
    """The same, with lines as they are written."""


@functools.cache
def _width() -> int:
    try:
        return os.get_terminal_size(1).columns - 2
    except OSError:
        return 78


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are raised: who prints them knows whether JSON was asked for."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print before it exits."""
        from promptlib.cli.usage import UsageError

        raise UsageError(message, prog=self.prog, usage=self.format_usage())


def _common_options(*section: str) -> argparse.ArgumentParser:
    """The options that may stand before the command and behind it.

    Args:
        section: how the section of alembic.ini is named.
    """
    common = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, formatter_class=_Help
    )
    add_common_options(common, *section)
    return common


@functools.cache
def _behind_a_command() -> argparse.ArgumentParser:
    """The same for all commands, one of which has an `-n` of its own."""
    return _common_options("--name")


def _top() -> argparse.ArgumentParser:
    top = _Parser(
        prog="promptlib",
        description=_ABOUT,
        epilog=_EPILOG,
        formatter_class=_HelpWithLines,
        parents=[_common_options("-n", "--name")],
        allow_abbrev=False,
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"promptlib {promptlib.__version__}",
        help="say which version it is",
    )
    top.set_defaults(**COMMON_DEFAULTS)
    return top


class _Commands:
    """The commands of a parser, each with a summary and an example in its help.

    Args:
        parser: which they belong to.
        metavar: what a usage line calls one of them.
    """

    def __init__(self, parser: argparse.ArgumentParser, metavar: str) -> None:
        # Given by name: argparse formats a usage line to find it, and again for each command.
        self._made = parser.add_subparsers(
            title="commands", required=True, metavar=metavar, prog=parser.prog
        )
        self._before = parser.prog.partition(" ")[2]

    def add(
        self, name: str, command: Command | CommandGroup, aliases: Sequence[str] = ()
    ) -> argparse.ArgumentParser:
        """Make the parser of a command."""
        summary = command.summary
        example = f"promptlib {self._before} {name} {command.example}"
        return self._made.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}. {command.more}".rstrip(),
            epilog=f"example: {' '.join(example.split())}",
            parents=[_behind_a_command()],
            formatter_class=_Help,
            allow_abbrev=False,
            aliases=aliases,
        )


def make_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of a command line.

    Args:
        words: the command line: of its command alone the module is imported, and a parser made,
            which argparse is slow to do. Where it has none, all are.

    Raises:
        UsageError: when its command is none.
    """
    top = _top()
    commands = _Commands(top, "COMMAND")
    word, behind = first_command(words)
    if word and word not in BY_NAME:
        from promptlib.cli.usage import unknown_command

        raise unknown_command(word)
    if words[:1] != ["--version"]:
        for listed in [BY_NAME[word]] if word else COMMANDS:
            _add_listed(commands, listed, behind)
    return top


def _add_listed(commands: _Commands, listed: ListedCommand, behind: Sequence[str]) -> None:
    command = listed.load()
    parser = commands.add(listed.name, command, listed.aliases)
    if isinstance(command, CommandGroup):
        _add_actions(parser, listed.name, command, behind)
    else:
        _complete(parser, command)


def _add_actions(
    parser: argparse.ArgumentParser, name: str, group: CommandGroup, behind: Sequence[str]
) -> None:
    commands = _Commands(parser, "ACTION")
    word, _ = first_command(behind)
    if word and word not in group.actions:
        from promptlib.cli.usage import unknown_action

        raise unknown_action(name, word, group.actions)
    for each in [word] if word else group.actions:
        _complete(commands.add(each, group.actions[each]), group.actions[each])


def _complete(parser: argparse.ArgumentParser, command: Command) -> None:
    command.add_arguments(parser)
    parser.set_defaults(command=command)
