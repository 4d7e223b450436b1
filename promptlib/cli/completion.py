"""A shell's completion script, made from the parser."""

from __future__ import annotations

import argparse
import itertools
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.parser import FILE, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASH = """_promptlib() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    local path= each words= kind=
    for each in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $each" in
            {steps}) path="$path $each" ;;
        esac
    done
    case "$path" in
{words}
    esac
    case "$path $before" in
{values}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    case $kind in
        {folder}) COMPREPLY+=($(compgen -d -- "$word")); compopt -o filenames 2> /dev/null ;;
        {file}) COMPREPLY+=($(compgen -f -- "$word")); compopt -o filenames 2> /dev/null ;;
    esac
}}
complete -F _promptlib promptlib
"""
_ZSH = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n"


class Node(NamedTuple):
    """A parser, the words that lead to it, and its commands by name."""

    words: tuple[str, ...]
    parser: argparse.ArgumentParser
    commands: dict[str, argparse.ArgumentParser]

    @property
    def options(self) -> list[argparse.Action]:
        """What it takes beyond its commands; actions without option strings stand alone."""
        return [
            action
            for action in self.parser._actions  # noqa: SLF001 - argparse offers no other way
            if not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        ]


def nodes(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Node]:
    """A parser and all below it, under each of their names."""
    commands = {
        name: each
        for action in parser._actions  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        for name, each in action.choices.items()
    }
    yield Node(words, parser, commands)
    for name, each in commands.items():
        yield from nodes(each, (*words, name))


def completion_script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script.

    Args:
        shell: one of arguments.SHELLS.
        parser: what it completes.
    """
    found = [*nodes(parser)]
    if shell == "fish":
        return "\n".join(["complete -c promptlib -f", *_fish(found), ""])
    bash = _bash(found)
    return _ZSH + bash if shell == "zsh" else bash


def _bash(nodes: list[Node]) -> str:
    words, values = [], []
    by_parser = itertools.groupby(nodes, lambda node: id(node.parser))
    for aliases in ([*group] for _, group in by_parser):
        node, paths = aliases[0], [" ".join(["", *each.words]) for each in aliases]
        positional = [action for action in node.options if not action.option_strings]
        offered = [
            *node.commands,
            *_names(node),
            *(each for a in positional for each in _choices(a)),
        ]
        words.append(_case(paths, offered, "".join(map(_kind, positional))))
        for action in node.options:
            if _takes_value(action):
                said = [f"{path} {name}" for path in paths for name in action.option_strings]
                values.append(_case(said, _choices(action), _kind(action)))
    return _BASH.format(
        steps="|".join(f'" {" ".join(node.words)}"' for node in nodes if node.words),
        words="\n".join(words),
        values="\n".join(values),
        folder=FOLDER,
        file=FILE,
    )


def _case(patterns: list[str], words: list[str], kind: str = "") -> str:
    either = "|".join(f'"{each}"' for each in patterns)
    return f'        {either}) words="{" ".join(words)}" kind={kind} ;;'


def _fish(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        condition = f"-n '{_seen(node)}'"
        for name, command in node.commands.items():
            about = (command.description or "").partition(".")[0]
            yield f"complete -c promptlib {condition} -a {name} -d {_quoted(about)}"
        for action in node.options:
            names = [
                f"-{'l' if name.startswith('--') else 's'} {name.lstrip('-')}"
                for name in action.option_strings
            ]
            about = f"-d {_quoted(action.help or '')}"
            words = ["complete -c promptlib", condition, *names, _fish_value(action), about]
            yield " ".join(filter(None, words))


def _fish_value(action: argparse.Action) -> str:
    """What may follow an option, or stand alone."""
    required = "-r " if _takes_value(action) else ""
    if _kind(action) == FILE:
        return f"{required}-F"
    if _kind(action) == FOLDER:
        return f"{required}-a '(__fish_complete_directories)'"
    words = " ".join(_choices(action))
    return f"{required}-a {_quoted(words)}" if words else required.rstrip()


def _seen(node: Node) -> str:
    """A condition of fish's: the command line has come to this node, and to none below."""
    here = [f"__fish_seen_subcommand_from {word}" for word in node.words]
    below = [f"not __fish_seen_subcommand_from {' '.join(node.commands)}"] if node.commands else []
    return "; and ".join([*here, *below])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _names(node: Node) -> list[str]:
    return [name for action in node.options for name in action.option_strings]


def _choices(action: argparse.Action) -> list[str]:
    return [str(each) for each in action.choices or ()]


def _takes_value(action: argparse.Action) -> bool:
    return bool(action.option_strings) and action.nargs != 0


def _kind(action: argparse.Action) -> str:
    metavar = str(action.metavar)
    return metavar if metavar in (FILE, FOLDER) else ""
