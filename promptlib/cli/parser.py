"""What a command line may hold, and how a plain one is read; full_parser.py reads the others."""

from __future__ import annotations

from promptlib.config.project import DEFAULT_SECTION
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any, Protocol

    class Parser(Protocol):
        """What arguments are added to: argparse's, or one that stands for it."""

        def add_argument(self, *names: str, **told: Any) -> object:
            """Add an argument."""

        def add_mutually_exclusive_group(self) -> Any:
            """Add arguments of which only one may be given."""


FILE, FOLDER = "FILE", "DIR"  # what completion offers files and folders for
VERSION_MAY_BE_SHORT = "VERSION may be shortened as long as it is unique."
# Common options that the next word belongs to; `-n` stands before a command alone.
VALUED = ("--url", "--config", "-n", "--name")
COMMON_DEFAULTS = {"url": None, "config": None, "section": None, "verbose": False, "quiet": False}


def add_common_options(parser: Parser, *section: str) -> None:
    """Add the options that may stand before the command and behind it.

    Args:
        parser: of either kind.
        section: how the section of alembic.ini is named.
    """
    parser.add_argument("--url", type=not_empty, help="the database, instead of DATABASE_URL")
    parser.add_argument(
        "--config", type=not_empty, metavar=FILE, help="the configuration, alembic.ini"
    )
    parser.add_argument(
        *section,
        type=not_empty,
        dest="section",
        metavar="SECTION",
        help=f"the section of alembic.ini, instead of [{DEFAULT_SECTION}]",
    )
    told = parser.add_mutually_exclusive_group()
    told.add_argument("-v", "--verbose", action="store_true", help="say which database it is")
    told.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")


def first_command(words: Iterable[str]) -> tuple[str, list[str]]:
    """The first word that is no option and belongs to none, or nothing; and those behind it."""
    rest = iter(words)
    for word in rest:
        if word in VALUED:
            next(rest, None)
        elif not word.startswith("-"):
            return word, [*rest]
    return "", []


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that ask."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def add_data_loss(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that run DOWN sections."""
    parser.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="let DOWN delete rows that no migration made",
    )


def add_removing(parser: argparse.ArgumentParser) -> None:
    """Add what a command takes that removes a database, and no more."""
    add_yes(parser)
    add_force(parser)


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that need a database for themselves."""
    parser.add_argument("--force", action="store_true", help="end the sessions of others in it")


def add_partial(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands that convert other tools' migrations."""
    parser.add_argument(
        "--partial", action="store_true", help="write what can be converted, leave the rest"
    )


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


def _refused(said: str) -> Exception:
    """What argparse takes for the refusal of a value."""
    from argparse import ArgumentTypeError

    return ArgumentTypeError(said)


def natural_number(text: str) -> int:
    """Read a number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise _refused(f"{text!r} is not a number from 0 on")
    return int(text)


def not_empty(text: str) -> str:
    """Read what somebody meant to say: a shell's variable may not have been set."""
    if not text:
        raise _refused("it is empty")
    return text


def path(text: str) -> Path:
    """Read the path of a file or folder."""
    from pathlib import Path

    return Path(text)


def positive_number(text: str) -> int:
    """Read a number from 1 on."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise _refused(f"{text!r} is not a number from 1 on")
    return int(text)


def number_of_seconds(text: str) -> float:
    """Read a number of seconds."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        raise _refused(f"{text!r} is not a number of seconds")
    return found
