"""What to do about an error, as data: whoever asked reads it in the words of his own command."""

from __future__ import annotations

import enum
from typing import NamedTuple, Self


class Front(enum.StrEnum):
    """Who asked: the command that somebody typed."""

    PROMPTLIB = "promptlib"
    ALEMBIC = "alembic"


class CommandLine(NamedTuple):
    """A command to type.

    Attributes:
        action: `migrate`, `rollback`, `status`, `stamp` or another command of promptlib's.
        target: a version, or how far to go; empty where the command needs none.
        late: what becomes of late migrations: `apply`, or nothing.
    """

    action: str
    target: str = ""
    late: str = ""

    def spelled(self, front: Front) -> str:
        """The command line. What only one of the two commands can do is spelled as that one."""
        if self.action == "stamp":
            return f"alembic stamp {self.target}"
        if front is Front.ALEMBIC and self.action in _ALEMBICS:
            name, usual = _ALEMBICS[self.action]
            option = f"-x late={self.late}" if self.late else ""
            words = ["alembic", option, name, self.target or usual]
        else:
            to = "--to" if self.action == "rollback" and self.target else ""
            option = f"--late {self.late}" if self.late else ""
            words = ["promptlib", self.action, to, self.target, option]
        return " ".join(filter(None, words))


# What Alembic calls ours, and where it goes when nothing else is said.
_ALEMBICS = {
    "migrate": ("upgrade", "head"),
    "rollback": ("downgrade", "-1"),
    "status": ("current", ""),
    "check": ("check", ""),
}
MIGRATE, ROLLBACK, STATUS = CommandLine("migrate"), CommandLine("rollback"), CommandLine("status")
REPAIR, ADOPT = CommandLine("repair"), CommandLine("adopt")


class Remedy(str):
    """A remedy that names commands; as a string it spells them as promptlib's.

    Args:
        template: the text, with `{}` where a command stands.
        commands: those, in this order.
    """

    __slots__ = ("commands", "template")
    commands: tuple[CommandLine, ...]
    template: str

    def __new__(cls, template: str, *commands: CommandLine) -> Self:
        """Make the text for promptlib's own command."""
        made = super().__new__(cls, _filled(template, commands, Front.PROMPTLIB))
        made.template, made.commands = template, commands
        return made

    def __getnewargs__(self) -> tuple[str | CommandLine, ...]:  # type: ignore[override] # of str
        """Let copies and pickles be made of what it was made of."""
        return self.template, *self.commands

    def spelled(self, front: Front) -> str:
        """The text in the words of a command."""
        return _filled(self.template, self.commands, front)


def _filled(template: str, commands: tuple[CommandLine, ...], front: Front) -> str:
    # Not by str.format: names of files and objects may hold braces.
    first, *rest = template.split("{}", len(commands))
    spelled = (each.spelled(front) for each in commands)
    return first + "".join(map("".join, zip(spelled, rest, strict=True)))
