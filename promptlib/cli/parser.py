"""How `promptlib` reads its command line: argparse, our help, and the options of every command."""

from __future__ import annotations

import argparse
import functools
import os

import promptlib
from promptlib.cli.command import CommandGroup
from promptlib.cli.command_list import BY_NAME, COMMANDS, ListedCommand
from promptlib.config.project import DEFAULT_SECTION
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

    from promptlib.cli.command import Command

FILE, FOLDER = "FILE", "DIR"  # what completion offers files and folders for
VERSION_MAY_BE_SHORT = "VERSION may be shortened as long as it is unique."
# Common options that the next word belongs to; `-n` stands before a command alone.
VALUED = ("--url", "--config", "-n", "--name")
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
    common.add_argument("--url", type=not_empty, help="the database, instead of DATABASE_URL")
    common.add_argument(
        "--config", type=not_empty, metavar=FILE, help="the configuration, alembic.ini"
    )
    common.add_argument(
        *section,
        type=not_empty,
        dest="section",
        metavar="SECTION",
        help=f"the section of alembic.ini, instead of [{DEFAULT_SECTION}]",
    )
    told = common.add_mutually_exclusive_group()
    told.add_argument("-v", "--verbose", action="store_true", help="say which database it is")
    told.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
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
    top.set_defaults(url=None, config=None, section=None, verbose=False, quiet=False)
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
    word, behind = _first_command(words)
    if word and word not in BY_NAME:
        from promptlib.cli.usage import unknown_command

        raise unknown_command(word)
    if words[:1] != ["--version"]:
        for listed in [BY_NAME[word]] if word else COMMANDS:
            _add_listed(commands, listed, behind)
    return top


def _first_command(words: Iterable[str]) -> tuple[str, list[str]]:
    """The first word that is no option and belongs to none, or nothing; and those behind it."""
    rest = iter(words)
    for word in rest:
        if word in VALUED:
            next(rest, None)
        elif not word.startswith("-"):
            return word, [*rest]
    return "", []


def _add_listed(commands: _Commands, listed: ListedCommand, behind: Sequence[str]) -> None:
    command = listed.load()
    parser = commands.add(listed.name, command, listed.aliases)
    if isinstance(command, CommandGroup):
        _add_actions(parser, listed.name, command, behind)
    else:
        _complete_parser(parser, command)


def _add_actions(
    parser: argparse.ArgumentParser, name: str, group: CommandGroup, behind: Sequence[str]
) -> None:
    commands = _Commands(parser, "ACTION")
    word, _ = _first_command(behind)
    if word and word not in group.actions:
        from promptlib.cli.usage import unknown_action

        raise unknown_action(name, word, group.actions)
    for each in [word] if word else group.actions:
        _complete_parser(commands.add(each, group.actions[each]), group.actions[each])


def _complete_parser(parser: argparse.ArgumentParser, command: Command) -> None:
    command.add_arguments(parser)
    parser.set_defaults(command=command)


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that ask."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that need a database for themselves."""
    parser.add_argument("--force", action="store_true", help="end the sessions of others in it")


def add_answers(parser: argparse.ArgumentParser) -> None:
    """Add the options that answer what a deploy asks about a statement that was cut off."""
    answers = parser.add_mutually_exclusive_group()
    for name, what in (("rerun", "run it again"), ("skip", "count it as done")):
        answers.add_argument(
            f"--{name}",
            type=not_empty,
            metavar="VERSION",
            help=f"where a statement was cut off and nobody knows whether it ran: {what}",
        )


def given_answers(rerun: str | None, skip: str | None) -> dict[str, str]:
    """Those that were given, as settings."""
    return {name: each for name, each in (("rerun", rerun), ("skip", skip)) if each}


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands whose results programs read."""
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def add_scratch(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that need a scratch database."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--embedded",
        action="store_true",
        help="make scratch databases on the embedded server",
    )
    where.add_argument(
        "--scratch",
        type=not_empty,
        metavar="URL",
        help="make them on this server; or, where the user may make none, use this empty database",
    )
    parser.add_argument(
        "--scratch-template",
        type=not_empty,
        metavar="DATABASE",
        help="make them copies of this database: with extensions, for one",
    )
    parser.add_argument(
        "--scratch-setup",
        type=not_empty,
        metavar=FILE,
        help="run this SQL in them first",
    )


def natural_number(text: str) -> int:
    """Read a number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


def not_empty(text: str) -> str:
    """Read what somebody meant to say: a shell's variable may not have been set."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def positive_number(text: str) -> int:
    """Read a number from 1 on."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def number_of_seconds(text: str) -> float:
    """Read a number of seconds."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return found
