"""The README tells of every command and option there is."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

import alembic.config
import pytest

from promptlib import cli, database, markers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Alembic's own, which set up projects of its own kind.
_FOR_OTHER_PROJECTS = {"init", "list_templates"}


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.items()


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {
        option
        for action in parser._actions  # noqa: SLF001
        if not isinstance(action, argparse._HelpAction)  # noqa: SLF001
        for option in action.option_strings[-1:]
    }


@pytest.fixture
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_every_promptlib_command_and_option(readme: str) -> None:
    for name, parser in _subparsers(cli.parser()):
        nested = dict(_subparsers(parser)) or {"": parser}
        for action, leaf in nested.items():
            assert f"`promptlib {name} {action}".rstrip() in readme
            missing = {option for option in _options(leaf) if option not in readme}
            assert not missing, f"{name} {action}"
    assert {option for option in _options(cli.parser()) if option not in readme} <= {"--quiet"}
    assert "`-q`" in readme


def test_every_alembic_command(readme: str) -> None:
    commands = dict(_subparsers(alembic.config.CommandLine().parser))
    told = {name for name in commands if re.search(rf"`(?:alembic )?{name}\b", readme)}
    assert told == set(commands) - _FOR_OTHER_PROJECTS


def test_every_option_of_the_file_format_and_every_scheme(readme: str) -> None:
    for option in markers.OPTIONS:
        assert f"`{option}:" in readme
    for scheme in database.SCHEMES:
        assert f"`{scheme}://`" in readme


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name, parser in [("promptlib", cli.parser()), *_subparsers(cli.parser())]:
        parser.print_help()
        assert name in capsys.readouterr().out
    for _, parser in _subparsers(cli.parser()):
        assert parser.description or dict(_subparsers(parser))
