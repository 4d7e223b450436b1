"""The README tells of every command and option there is."""

from __future__ import annotations

import argparse
import re
import shlex
from typing import TYPE_CHECKING

import alembic.config
import pytest

from promptlib.cli.full_parser import make_parser
from promptlib.erd.diagram import build_diagram
from promptlib.erd.mermaid import render_mermaid
from promptlib.files.parser import MARKER_OPTIONS
from promptlib.postgres.url import SCHEMES
from promptlib.registry.tables import metadata
from support.command_line import Node, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Alembic's own, which set up projects of its own kind.
_FOR_OTHER_PROJECTS = {"init", "list_templates"}


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.items()


@pytest.fixture
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


_NODES = [*nodes(make_parser())]
_EVERYWHERE = {name for each in _NODES[0].options for name in each.option_strings}


def _section(readme: str) -> str:
    """What the README says of our own command."""
    return readme.partition("### promptlib\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    "node", [node for node in _NODES if not node.commands], ids=lambda node: "_".join(node.words)
)
def test_every_promptlib_command_and_option(readme: str, node: Node) -> None:
    called = rf"`promptlib {' '.join(node.words)}[ `]"
    (row,) = [line for line in _section(readme).splitlines() if re.search(called, line)]
    for action in node.options:
        for name in {*action.option_strings} - _EVERYWHERE:
            assert f"`{name}" in row
        if not action.option_strings:
            assert str(action.metavar or action.dest).upper() in row


def test_the_options_that_stand_everywhere(readme: str) -> None:
    assert {name for name in _EVERYWHERE if f"`{name}" not in _section(readme)} == {"-h", "--help"}


def test_the_readme_tells_of_no_other_command(readme: str) -> None:
    known = {" ".join(node.words) for node in _NODES}
    told = set(re.findall(r"`promptlib ((?:db )?[a-z]+)", readme))
    assert told <= known


@pytest.mark.parametrize("node", _NODES, ids=lambda node: "_".join(node.words))
def test_every_command_has_help_with_an_example(node: Node) -> None:
    text = node.parser.format_help()
    assert node.parser.description
    assert "promptlib" in str(node.parser.epilog)
    for action in node.options:
        assert action.help
        assert action.help.split()[0] in text


@pytest.mark.parametrize("node", _NODES, ids=lambda node: "_".join(node.words))
def test_examples_can_be_said(node: Node) -> None:
    for line in str(node.parser.epilog).splitlines():
        said = re.search(r"^\s*(?:example: )?promptlib (?!COMMAND)(.*?)(?:   .*| [|>].*)?$", line)
        if said:
            make_parser().parse_args(shlex.split(said[1]))


def test_every_alembic_command(readme: str) -> None:
    commands = dict(_subparsers(alembic.config.CommandLine().parser))
    told = {name for name in commands if re.search(rf"`(?:alembic )?{name}\b", readme)}
    assert told == set(commands) - _FOR_OTHER_PROJECTS


def test_the_diagram_is_the_model(readme: str) -> None:
    (shown,) = re.findall(r"^```mermaid\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    drawn = render_mermaid(build_diagram([metadata]))
    assert shown == drawn, "put what `promptlib erd` prints into the README"


def test_every_option_of_the_file_format_and_every_scheme(readme: str) -> None:
    for option in MARKER_OPTIONS:
        assert f"`{option}:" in readme
    for scheme in SCHEMES:
        assert f"`{scheme}://`" in readme
