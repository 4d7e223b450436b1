"""What can be said on the command line of `promptlib`: its commands, options and their help."""

from __future__ import annotations

import argparse
import functools
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

SHELLS = ("bash", "zsh", "fish")
FILE, FOLDER = "FILE", "DIR"  # what completion offers files and folders for
_VERSION = "VERSION may be shortened as long as it is unique."
_YES: dict[str, Any] = {"action": "store_true", "help": "do not ask"}
_JSON: dict[str, Any] = {"action": "store_true", "help": "one JSON document on stdout"}
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


def parser() -> argparse.ArgumentParser:
    """Everything that can be said."""
    top = argparse.ArgumentParser(
        prog="promptlib",
        description="Raw SQL migrations, run by Alembic, on PostgreSQL.",
        epilog=_EPILOG,
        formatter_class=_HelpWithLines,
        parents=[_everywhere()],
        allow_abbrev=False,
    )
    top.set_defaults(url="", config="", verbose=False, quiet=False)
    commands = _Commands(top, "COMMAND")
    _that_change(commands)
    _that_look(commands)
    _around(commands)
    _of_the_server(commands.group("db", "the database itself"))
    return top


class _Commands:
    """The commands of a parser, each with a summary and an example in its help.

    Args:
        parser: which they belong to.
        metavar: what a usage line calls one of them.
    """

    def __init__(self, parser: argparse.ArgumentParser, metavar: str) -> None:
        self._made = parser.add_subparsers(title="commands", required=True, metavar=metavar)
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
        made = self._made.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}. {more}".rstrip(),
            epilog=f"example: promptlib {command} {example}".rstrip(),
            parents=[_everywhere()],
            formatter_class=_Help,
            allow_abbrev=False,
            aliases=aliases,
        )
        made.set_defaults(command=command)
        return made

    def group(self, name: str, summary: str) -> _Commands:
        """Add a word that further commands stand behind."""
        made = self._made.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=f"example: promptlib {name} test",
            parents=[_everywhere()],
            formatter_class=_Help,
            allow_abbrev=False,
        )
        return _Commands(made, "ACTION")


def _that_change(commands: _Commands) -> None:
    migrate = commands.add(
        "migrate",
        "run the pending migrations",
        "--late apply",
        f"Oldest first, each in its own transaction. {_VERSION}",
        aliases=["up"],
    )
    migrate.add_argument(
        "target", nargs="?", default="head", metavar="TARGET", help="VERSION, +N or head (default)"
    )
    migrate.add_argument(
        "--dry-run", action="store_true", help="show the plan and the SQL, change nothing"
    )
    migrate.add_argument(
        "--late", choices=["apply", "refuse"], help="run late migrations first, or refuse them"
    )
    migrate.add_argument(
        "--backup", metavar=FOLDER, help="first write a backup there, if anything is to run"
    )
    rollback = commands.add(
        "rollback",
        "take the last migration back",
        "-n 2",
        f"Runs its DOWN section, and asks when there are several. {_VERSION}",
        aliases=["down"],
    )
    how_far = rollback.add_mutually_exclusive_group()
    how_far.add_argument("-n", type=_count, default=1, metavar="N", help="the last N, default 1")
    how_far.add_argument("--to", metavar="VERSION", help="all after VERSION; `base`: all")
    rollback.add_argument("--yes", **_YES)
    rollback.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="let DOWN delete rows that no migration made",
    )
    repair = commands.add(
        "repair",
        "accept edited files, and forget missing ones",
        "",
        "Shows each difference between the files and the ledger, asks, and takes the files for "
        "right: the ledger gets the checksums and DOWN sections of edited files, and loses the "
        "rows of missing ones. No migration runs.",
    )
    repair.add_argument("--yes", **_YES)


def _that_look(commands: _Commands) -> None:
    status = commands.add(
        "status", "where each migration stands", "--exit-code", "Changes nothing, waits for nobody."
    )
    status.add_argument("--json", **_JSON)
    status.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 when a migration is pending, late, edited or missing",
    )
    for name, summary in (
        ("pending", "the migrations that have not run, oldest first"),
        ("executed", "the migrations that ran, oldest first"),
    ):
        commands.add(name, summary, "--json").add_argument("--json", **_JSON)
    history = commands.add(
        "history", "every attempt at a migration, failures too", "20250210120000", _VERSION
    )
    history.add_argument("version", nargs="?", default="", metavar="VERSION", help="of this alone")
    history.add_argument("--json", **_JSON)


def _around(commands: _Commands) -> None:
    new = commands.add(
        "new",
        "prepare the next migration's file",
        '"add a region to providers"',
        "Prints its path.",
    )
    new.add_argument("name", metavar="NAME", help="what it does")
    backup = commands.add(
        "backup",
        "write the whole database to a file",
        "backups/",
        "By pg_dump, in its custom format, which pg_restore reads. Prints the file's path.",
    )
    backup.add_argument("folder", metavar=FOLDER, help="where the file shall be")
    completion = commands.add(
        "completion", "print a shell's completion script", "bash > ~/.promptlib-completion"
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell")


def _of_the_server(server: _Commands) -> None:
    server.add("show", "where the data is and how many rows are in it", "| head -1")
    test = server.add(
        "test",
        "reach the server, and tell whether a deploy could run",
        "--json",
        "Exit code: 0 or 1.",
    )
    test.add_argument("--json", **_JSON)
    server.add("create", "make the database, unless it is there", "")
    drop = server.add("drop", "remove the database and all that is in it", "", "Asks for its name.")
    drop.add_argument("--yes", **_YES)
    wait = server.add("wait", "wait until the database can be reached", "--timeout 30")
    wait.add_argument(
        "--timeout", type=_seconds, default=60, metavar="SECONDS", help="how long; default: 60"
    )
    server.add("stop", "stop the embedded PostgreSQL; its data stays", "")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
