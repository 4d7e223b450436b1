"""A shell's completion script, which shtab makes of the parser."""

from __future__ import annotations

import shtab

from promptlib.cli.parser import FILE, FOLDER
from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

_OFFERED = {FILE: shtab.FILE, FOLDER: shtab.DIRECTORY}
# Not every zsh has been set up to complete.
_SET_UP_ZSH = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"
# shtab takes a script that zsh sources for one that it loads when it has to complete.
_LOADED_BY_ZSH, _OR_SOURCED = "== eval ]]", "== (eval|file) ]]"


def completion_script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script.

    Args:
        shell: bash, zsh or fish.
        parser: what it completes.
    """
    _offer_files(parser)
    if shell != "zsh":
        return shtab.complete(parser, shell)
    script = shtab.complete(parser, shell, preamble=_SET_UP_ZSH)
    return script.replace(_LOADED_BY_ZSH, _OR_SOURCED)


def _offer_files(parser: argparse.ArgumentParser) -> None:
    """Tell shtab which arguments of a parser, and of all below it, are files and folders."""
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way
        if action.metavar in _OFFERED:
            vars(action)["complete"] = _OFFERED[action.metavar]
        if isinstance(action.choices, dict):
            for each in action.choices.values():
                _offer_files(each)
