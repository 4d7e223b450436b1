"""Write what docs/reference/commands.md says of each command, from the commands' own parsers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli.command_list import COMMANDS
from promptlib.cli.full_parser import make_parser

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

PAGE = Path(__file__).parent / "reference" / "commands.md"
_BELOW = "<!-- All below is written by docs/generate.py: make docs -->\n"


def commands_page() -> str:
    """The page as it should be: its head as it is, and each command as its parser knows it."""
    head = PAGE.read_text("utf-8").partition(_BELOW)[0]
    parts = [part for listed in COMMANDS for part in _command((listed.name,), listed.aliases)]
    return f"{head}{_BELOW}\n" + "\n\n".join(parts) + "\n"


def _command(words: tuple[str, ...], aliases: tuple[str, ...] = ()) -> Iterator[str]:
    parser = make_parser(words)
    for word in words:
        parser = _below(parser)[word]
    if actions := _below(parser):
        for action in actions:
            yield from _command((*words, action))
        return
    yield f"## promptlib {' '.join(words)}"
    also = f" Also `promptlib {aliases[0]}`." if aliases else ""
    yield f"{_plain(parser.description or '')}{also}"
    if rows := [*_rows(parser)]:
        yield "\n".join(["| | |", "|---|---|", *rows])
    yield f"```sh\n{(parser.epilog or '').removeprefix('example: ')}\n```"


def _below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = (each.choices for each in parser._actions)  # noqa: SLF001 - nothing else tells
    return next((dict(each) for each in found if isinstance(each, dict)), {})


def _rows(parser: argparse.ArgumentParser) -> Iterator[str]:
    everywhere = {name for each in make_parser(["status"])._actions for name in each.option_strings}  # noqa: SLF001
    for action in parser._actions:  # noqa: SLF001
        if not {*action.option_strings} & everywhere or not action.option_strings:
            yield f"| {_named(action)} | {_plain(_help(parser, action))} |"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """The help with its placeholders filled in, as argparse does it."""
    return parser._get_formatter()._expand_help(action)  # noqa: SLF001


def _named(action: argparse.Action) -> str:
    choices = "\\|".join(map(str, action.choices or ()))
    metavar = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    if not action.option_strings:
        return f"`{choices or metavar}`"
    value = "" if action.nargs == 0 else f" {choices or metavar}"
    return ", ".join(f"`{name}{value}`" for name in action.option_strings)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
