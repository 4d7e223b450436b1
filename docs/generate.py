"""Write what docs/reference/ says of commands and of errors, from their parsers and classes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli.command_list import COMMANDS
from promptlib.cli.full_parser import make_parser
from promptlib.core import errors
from promptlib.core.errors import PromptlibError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_REFERENCE = Path(__file__).parent / "reference"
_HEAD = "| code | class | when |\n|---|---|---|\n"
PAGE, ERRORS = _REFERENCE / "commands.md", _REFERENCE / "errors.md"
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


def errors_page() -> str:
    """The page as it should be: all but the rows of its table is as it is."""
    before, head, rest = ERRORS.read_text("utf-8").partition(
        "| code | class | when |\n|---|---|---|\n"
    )
    rows, _, after = rest.partition("\n\n")
    made = [f"| `{each.code}` | `{each.__name__}` | {_first_line(each)} |" for each in _kinds()]
    usage = [row for row in rows.splitlines() if row.startswith("| `usage`")]  # no class of its own
    return before + head + "\n".join([*made, *usage]) + "\n\n" + after


def _kinds() -> list[type[PromptlibError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, PromptlibError) and "code" in vars(each)]


def _first_line(kind: type) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())


if __name__ == "__main__":
    for page, text in ((PAGE, commands_page()), (ERRORS, errors_page())):
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {page}\n")
