"""A command line that cannot be understood, and what was probably meant."""

from __future__ import annotations

from promptlib.cli.command import CommandGroup
from promptlib.cli.command_list import BY_NAME, COMMANDS
from promptlib.core.errors import PromptlibError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import NOTHING_GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptlib.core.remedies import Front, Given

# What other tools call what ours do.
_ELSEWHERE = {
    **dict.fromkeys(("create", "generate", "make", "revision"), "new"),
    **dict.fromkeys(("apply", "deploy", "upgrade"), "migrate"),
    **dict.fromkeys(("downgrade", "revert", "undo"), "rollback"),
    **dict.fromkeys(("current", "info"), "status"),
    "validate": "check",
}


class UsageError(PromptlibError):
    """The command line cannot be understood.

    Args:
        what: as in PromptlibError.
        remedy: as in PromptlibError.
        prog: the command that was typed, as far as it is known.
        usage: lines that say what could be typed.
    """

    code = "usage"

    def __init__(
        self, what: str, remedy: str = "", *, prog: str = "promptlib", usage: str = ""
    ) -> None:
        super().__init__(what, remedy)
        self.prog = prog
        self.usage = usage

    def told(self, front: Front, given: Given = NOTHING_GIVEN) -> str:
        """The whole text, as argparse tells it."""
        return f"{self.usage}{self.prog}: error: {super().told(front, given)}"


def unknown_command(word: str) -> UsageError:
    """What to say of a word that is no command."""
    meant = {name: name for name in BY_NAME} | _ELSEWHERE
    for listed in COMMANDS:
        command = listed.load()
        if isinstance(command, CommandGroup):
            meant = {each: f"{listed.name} {each}" for each in command.actions} | meant
    return _unknown(word, word, meant)


def unknown_action(group: str, word: str, actions: Iterable[str]) -> UsageError:
    """What to say of a word that is no command of a group."""
    meant = {name: name for name in BY_NAME} | {each: f"{group} {each}" for each in actions}
    return _unknown(f"{group} {word}", word, meant, f"promptlib {group}")


def _unknown(
    said: str, word: str, meant: Mapping[str, str], program: str = "promptlib"
) -> UsageError:
    from difflib import get_close_matches  # which nobody needs who types well

    word = word.lower()
    begun = [each for each in meant if each.startswith(word)]
    close = [word] if word in meant else [*begun, *get_close_matches(word, meant)]
    remedy = f"did you mean {meant[close[0]]}?" if close else f"{program} --help names them all"
    return UsageError(f"no command {said!r}", remedy)
