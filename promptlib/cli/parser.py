"""How `promptlib` reads its command line: argparse, our help, and the options of every command."""

from __future__ import annotations

import argparse
import functools
import os
from typing import TYPE_CHECKING, Self, cast

import promptlib

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE, FOLDER = "FILE", "DIR"  # what completion offers files and folders for


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


def _everywhere() -> argparse.ArgumentParser:
    """The options that may stand before the command and behind it."""
    common = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, formatter_class=_Help
    )
    common.add_argument("--url", help="the database, instead of DATABASE_URL")
    common.add_argument("--config", metavar=FILE, help="the configuration, alembic.ini")
    told = common.add_mutually_exclusive_group()
    told.add_argument("-v", "--verbose", action="store_true", help="say which database it is")
    told.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    return common


@functools.cache
def _shared() -> argparse.ArgumentParser:
    """The same for all commands; the top's are its own, for they have defaults."""
    return _everywhere()


def top_parser(
    description: str, epilog: str, first: str = ""
) -> tuple[argparse.ArgumentParser, Commands]:
    """The parser that all commands belong to, and where to add them.

    Args:
        description: what it is for, in its help.
        epilog: what else its help says.
        first: the only command to be made; empty for all.
    """
    top = argparse.ArgumentParser(
        prog="promptlib",
        description=description,
        epilog=epilog,
        formatter_class=_HelpWithLines,
        parents=[_everywhere()],
        allow_abbrev=False,
    )
    top.add_argument(
        "--version",
        action="version",
        version=f"promptlib {promptlib.__version__}",
        help="say which version it is",
    )
    top.set_defaults(url="", config="", verbose=False, quiet=False)
    return top, Commands(top, "COMMAND", first)


class _Unasked:
    """Takes what is said of a command that is not asked for: argparse is slow to make one."""

    prog = "promptlib"

    def _itself(self, *_: object, **__: object) -> Self:
        return self

    add_argument = add_parser = add_subparsers = _itself
    add_mutually_exclusive_group = set_defaults = _itself


class Commands:
    """The commands of a parser, each with a summary and an example in its help.

    Args:
        parser: which they belong to.
        metavar: what a usage line calls one of them.
        first: the only one to be made; empty for all.
    """

    def __init__(self, parser: argparse.ArgumentParser, metavar: str, first: str = "") -> None:
        self._first = first
        # Given by name: argparse formats a usage line to find it, and again for each command.
        self._made = parser.add_subparsers(
            title="commands", required=True, metavar=metavar, prog=parser.prog
        )
        self._before = parser.prog.partition(" ")[2]

    def add(
        self,
        name: str,
        summary: str,
        example: str,
        more: str = "",
        *,
        aliases: Sequence[str] = (),
    ) -> argparse.ArgumentParser:
        """Add a command; `more` is what its help says beyond the summary."""
        command = f"{self._before} {name}".strip()
        made = self._parser(name, summary, more, f"{command} {example}".rstrip(), aliases)
        made.set_defaults(command=command)
        return made

    def group(self, name: str, summary: str) -> Commands:
        """Add a word that further commands stand behind."""
        return Commands(self._parser(name, summary, "", f"{name} test"), "ACTION")

    @property
    def are_any(self) -> bool:
        """Whether one was made."""
        return bool(self._made.choices)

    def _parser(
        self, name: str, summary: str, more: str, example: str, aliases: Sequence[str] = ()
    ) -> argparse.ArgumentParser:
        if self._first not in ("", name, *aliases):
            return cast("argparse.ArgumentParser", _Unasked())
        return self._made.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}. {more}".rstrip(),
            epilog=f"example: promptlib {example}",
            parents=[_shared()],
            formatter_class=_Help,
            allow_abbrev=False,
            aliases=aliases,
        )


def natural_number(text: str) -> int:
    """Read a number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


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
