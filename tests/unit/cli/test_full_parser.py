"""full_parser and command_list: what is imported for a command, and what options are called."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from promptlib.cli.command import CommandGroup, CommonOptions
from promptlib.cli.command_list import BY_NAME, COMMANDS
from promptlib.cli.full_parser import make_parser
from promptlib.cli.parser import VALUED
from support.command_line import Node, nodes

if TYPE_CHECKING:
    from pathlib import Path

_NODES = [*nodes(make_parser())]
_TOP = _NODES[0]
_COMMANDS = "promptlib.cli.commands."


def test_every_module_is_listed(root: Path) -> None:
    folder = root / "promptlib" / "cli" / "commands"
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {each.module for each in COMMANDS} == {
        f"promptlib.cli.commands.{each}" for each in names
    }
    assert {each.name for each in COMMANDS} == {name.rstrip("_") for name in names}


def test_a_name_means_one_command() -> None:
    assert len(BY_NAME) == sum(1 + len(each.aliases) for each in COMMANDS)


@pytest.mark.parametrize(
    "node", [node for node in _NODES if not node.commands], ids=lambda node: "_".join(node.words)
)
def test_options_are_named_as_arguments(node: Node) -> None:
    """Each field of a command's options is an argument of it, and each argument a field."""
    taken = {action.dest for action in node.options} - {"help", *CommonOptions._fields}
    command = node.parser.get_default("command")
    assert {*command.options._fields} == {"common", *taken}


def test_the_common_options_are_those_of_the_top() -> None:
    assert {action.dest for action in _TOP.options} == {"help", "version", *CommonOptions._fields}


def test_which_common_options_take_a_value() -> None:
    taking = [
        name for action in _TOP.options if action.nargs != 0 for name in action.option_strings
    ]
    assert {*taking} == {*VALUED}


# Each command line is parsed in a process of its own, all with no more than the parser before.
_LOADED = """
import json, os, sys
from promptlib.cli.full_parser import make_parser
for words in json.load(sys.stdin):
    if not os.fork():
        make_parser(words)
        print(json.dumps([*sys.modules]), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.parametrize("before", [[], ["--url", "history", "-q"]], ids=["first", "behind"])
def test_only_the_module_of_the_typed_command_is_imported(before: list[str]) -> None:
    lines = []
    for listed in COMMANDS:
        group = ["test"] if isinstance(listed.load(), CommandGroup) else []
        lines.append([*before, (listed.aliases or (listed.name,))[0], *group])
    result = subprocess.run(
        [sys.executable, "-c", _LOADED],
        input=json.dumps(lines),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    for listed, line in zip(COMMANDS, result.stdout.splitlines(), strict=True):
        loaded = {*json.loads(line)}
        assert {each for each in loaded if each.startswith(_COMMANDS)} == {listed.module}
        assert not loaded & {"promptlib.cli.usage", "shtab", "alembic", "sqlalchemy"}
