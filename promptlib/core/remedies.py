"""What to do about an error, as data: whoever asked reads it in the words of his own command."""

from __future__ import annotations

import enum

from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Self


class Front(enum.StrEnum):
    """Who asked: the command that somebody typed."""

    PROMPTLIB = "promptlib"
    ALEMBIC = "alembic"


class Given(NamedTuple):
    """What was typed beside a command, and has to be typed again: it says which database is meant.

    Attributes:
        section: of alembic.ini, if another one than the usual was named.
        config: the configuration's file, if one was named.
        url: whether a URL was given; it is not shown, for it may hold a password.
    """

    section: str = ""
    config: str = ""
    url: bool = False

    def words(self, program: Front) -> list[str]:
        """These options as a program spells them."""
        section, config = _OPTIONS[program]
        found = [(section, self.section), (config, self.config)]
        if self.url:
            found.append(("--url", "URL") if program is Front.PROMPTLIB else ("-x", "url=URL"))
        return [word for name, value in found if value for word in (name, _quoted(value))]


_OPTIONS = {Front.PROMPTLIB: ("--name", "--config"), Front.ALEMBIC: ("-n", "-c")}
NOTHING_GIVEN = Given()


def _quoted(value: str) -> str:
    """A value as a shell takes it."""
    plain = value.translate(dict.fromkeys(map(ord, "/_-.=")))
    return value if plain.isalnum() else "'" + value.replace("'", "'\\''") + "'"


class CommandLine(NamedTuple):
    """A command to type.

    Attributes:
        action: `migrate`, `rollback`, `status`, `stamp` or another command of promptlib's.
        target: a version, or how far to go; empty where the command needs none.
        late: what becomes of late migrations: `apply`, or nothing.
        rerun: the version whose statement is to run again.
        skip: the version whose statement counts as done.
        kept_down: whether DOWN sections run that only the ledger has.
        allow_data_loss: whether rows may be lost.
        statement_timeout: how long a statement may take.
    """

    action: str
    target: str = ""
    late: str = ""
    rerun: str = ""
    skip: str = ""
    kept_down: bool = False
    allow_data_loss: bool = False
    statement_timeout: str = ""

    def spelled(self, front: Front, given: Given = NOTHING_GIVEN) -> str:
        """The command line. What only one of the two commands can do is spelled as that one."""
        if self._is_alembics or (front is Front.ALEMBIC and self.action in _ALEMBICS):
            program = Front.ALEMBIC
            name, usual = _ALEMBICS.get(self.action, (self.action, ""))
            options = [word for name_, value in self._given for word in ("-x", f"{name_}={value}")]
            words = [*options, name, self.target or usual]
        else:
            program = Front.PROMPTLIB
            to = "--to" if self.action == "rollback" and self.target else ""
            words = [self.action, to, self.target, *self._flags]
        return " ".join(filter(None, [program, *given.words(program), *words]))

    @property
    def _is_alembics(self) -> bool:
        if self.action == "stamp" or self.statement_timeout:
            return True
        return self.action == "migrate" and self.allow_data_loss

    @property
    def _given(self) -> list[tuple[str, str]]:
        """The options that are given, by their names as settings."""
        loss = "on" if self.allow_data_loss else ""
        kept = "run" if self.kept_down else ""
        options = (("late", self.late), ("rerun", self.rerun), ("skip", self.skip))
        longer = ("statement_timeout", self.statement_timeout)
        by_hand = (("allow_data_loss", loss), ("kept_down", kept), longer)
        return [option for option in (*options, *by_hand) if option[1]]

    @property
    def _flags(self) -> list[str]:
        """The same as options of our own command."""
        plain = (("late", self.late), ("rerun", self.rerun), ("skip", self.skip))
        flags = (("--allow-data-loss", self.allow_data_loss), ("--kept-down", self.kept_down))
        return [
            *(word for name, value in plain if value for word in (f"--{name}", value)),
            *(flag for flag, is_given in flags if is_given),
        ]


# What Alembic calls ours, and where it goes when nothing else is said.
_ALEMBICS = {
    "migrate": ("upgrade", "head"),
    "rollback": ("downgrade", "-1"),
    "status": ("current", ""),
    "check": ("check", ""),
}
MIGRATE, ROLLBACK, STATUS = CommandLine("migrate"), CommandLine("rollback"), CommandLine("status")
REPAIR, ADOPT, DUMP = CommandLine("repair"), CommandLine("adopt"), CommandLine("dump")


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

    def spelled(self, front: Front, given: Given = NOTHING_GIVEN) -> str:
        """The text in the words of a command.

        Args:
            front: which.
            given: what was typed beside it.
        """
        return _filled(self.template, self.commands, front, given)


def spelled(text: str, front: Front, given: Given) -> str:
    """A remedy in the words of a command; any other text as it is."""
    return text.spelled(front, given) if isinstance(text, Remedy) else text


def _filled(
    template: str,
    commands: tuple[CommandLine, ...],
    front: Front,
    given: Given = NOTHING_GIVEN,
) -> str:
    # Not by str.format: names of files and objects may hold braces.
    first, *rest = template.split("{}", len(commands))
    spelled = (each.spelled(front, given) for each in commands)
    return first + "".join(map("".join, zip(spelled, rest, strict=True)))
