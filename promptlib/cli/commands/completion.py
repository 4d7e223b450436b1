"""`promptlib completion`: print a shell's completion script."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

SHELLS = ("bash", "zsh", "fish")


class CompletionOptions(NamedTuple):
    """What `promptlib completion` takes.

    Attributes:
        common: what every command takes.
        shell: one of SHELLS.
    """

    common: CommonOptions
    shell: str


def add_completion_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib completion` takes."""
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def completion(options: CompletionOptions, _: Terminal) -> Answer:
    """A shell's completion script."""
    from promptlib.cli.completion import completion_script
    from promptlib.cli.full_parser import make_parser

    return Answer(completion_script(options.shell, make_parser()))


COMMAND = Command(
    summary="print a shell's completion script",
    example="bash > ~/.promptlib-completion",
    options=CompletionOptions,
    add_arguments=add_completion_arguments,
    run=completion,
)
