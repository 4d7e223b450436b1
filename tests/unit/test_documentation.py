"""The pages tell of every command, option and setting there is."""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import alembic.config
import pytest

from promptlib.cli.full_parser import make_parser
from promptlib.config.settings import OPTIONS
from promptlib.erd.diagram import build_diagram
from promptlib.erd.mermaid import render_mermaid
from promptlib.files.parser import MARKER_OPTIONS
from promptlib.postgres.url import SCHEMES
from promptlib.registry.tables import metadata
from support.command_line import Node, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[2]
_DOCS = _ROOT / "docs"
_PAGES = [_ROOT / "README.md", *sorted(_DOCS.rglob("*.md"))]
# Alembic's own, which set up projects of its own kind.
_FOR_OTHER_PROJECTS = {"init", "list_templates"}
_MOST_LINES = 150  # of the README


def _subparsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            yield from action.choices.items()


def _page(name: str) -> str:
    return (_DOCS / name).read_text(encoding="utf-8")


_NODES = [*nodes(make_parser())]
_EVERYWHERE = {name for each in _NODES[0].options for name in each.option_strings}


def test_the_page_of_commands_is_what_their_parsers_know() -> None:
    made = runpy.run_path(str(_DOCS / "generate.py"))["commands_page"]()
    assert _page("reference/commands.md") == made, "run docs/generate.py"


def test_the_page_of_errors_is_what_their_classes_say() -> None:
    made = runpy.run_path(str(_DOCS / "generate.py"))["errors_page"]()
    assert _page("reference/errors.md") == made, "run docs/generate.py"


def test_the_options_that_stand_everywhere() -> None:
    page = _page("reference/commands.md")
    assert {name for name in _EVERYWHERE if f"`{name}" not in page} == {"-h", "--help"}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.stem)
def test_a_page_tells_of_no_other_command(page: Path) -> None:
    known = {" ".join(node.words) for node in _NODES}
    told = set(re.findall(r"`promptlib ((?:db )?[a-z]+)", page.read_text(encoding="utf-8")))
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


def test_every_alembic_command() -> None:
    commands = dict(_subparsers(alembic.config.CommandLine().parser))
    page = _page("reference/alembic.md")
    told = {name for name in commands if re.search(rf"`(?:alembic )?{name}\b", page)}
    assert told == set(commands) - _FOR_OTHER_PROJECTS


def test_the_diagram_is_the_model() -> None:
    page = _page("registry.md")
    (shown,) = re.findall(r"^```mermaid\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    drawn = render_mermaid(build_diagram([metadata]))
    assert shown == drawn, "put what `promptlib erd` prints into docs/registry.md"


def test_every_option_of_the_file_format_every_scheme_and_setting() -> None:
    for option in MARKER_OPTIONS:
        assert f"`{option}:" in _page("writing.md")
    for scheme in SCHEMES:
        assert f"`{scheme}://`" in _page("configuration.md")
    told = "".join(page.read_text(encoding="utf-8") for page in _PAGES)
    assert {name for name in OPTIONS if f"`{name}" not in told} == set()


def test_the_readme_is_short() -> None:
    assert len((_ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= _MOST_LINES
