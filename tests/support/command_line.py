"""What `promptlib` takes, as its parser knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


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
            if not isinstance(action.choices, dict)
        ]


def nodes(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Node]:
    """A parser and all below it, under each of their names."""
    commands: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # noqa: SLF001 - the same
        if isinstance(action.choices, dict):
            commands |= action.choices
    yield Node(words, parser, commands)
    for name, each in commands.items():
        yield from nodes(each, (*words, name))
