"""Reads a command line whose every word is plain, without argparse, which is slow to load and run.

Commands declare their arguments as to argparse. Whatever is not plain (help, a mistake, an option
that is given twice) is left to full_parser.py, which knows all of it, and the words for it.
"""

from __future__ import annotations

from types import SimpleNamespace

from promptlib.cli.command import CommandGroup
from promptlib.cli.command_list import BY_NAME
from promptlib.cli.parser import COMMON_DEFAULTS, add_common_options
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

_FLAG = "store_true"


class NotPlainError(Exception):
    """Only argparse knows how to read this, or what to say of it."""


class _Argument(NamedTuple):
    """An argument, as far as it matters here; of one group only one is given, and once."""

    name: str
    is_flag: bool
    read: Callable[[str], Any]
    choices: Collection[str] | None
    group: object


class _Arguments:
    """What a command declares its arguments to, in a parser's place."""

    def __init__(self) -> None:
        self.defaults: dict[str, Any] = {}
        self._options: dict[str, _Argument] = {}
        self._places: list[_Argument] = []
        self._needed: list[str] = []
        self._given: set[object] = set()

    def add_argument(self, *names: str, group: object = None, **told: Any) -> None:
        """Take an argument as argparse would."""
        action, count, read = (told.get(each) for each in ("action", "nargs", "type"))
        if action not in (None, _FLAG) or count not in (None, "?"):
            raise NotPlainError
        named = max(names, key=len).lstrip("-").replace("-", "_")
        name, default = told.get("dest", named), told.get("default", False if action else None)
        self.defaults[name] = read(default) if read and isinstance(default, str) else default
        made = _Argument(name, bool(action), read or str, told.get("choices"), group or object())
        if names[0].startswith("-"):
            self._options |= dict.fromkeys(names, made)
        else:
            self._places.append(made)
            self._needed += [] if count else [name]

    def add_mutually_exclusive_group(self) -> _Group:
        """Take arguments of which only one may be given."""
        return _Group(self)

    def read_options(self, words: Sequence[str], said: dict[str, Any]) -> list[str]:
        """Read options up to the first word that is none; the words from there on."""
        rest = [*words][::-1]
        while rest and rest[-1].startswith("-"):
            self._option(rest, said)
        return rest[::-1]

    def read(self, words: Sequence[str], said: dict[str, Any]) -> None:
        """Read all of a command's words."""
        said |= self.defaults
        places, rest = iter(self._places), self.read_options(words, said)
        while rest:
            place = next(places, None)
            if not place:
                raise NotPlainError
            self._set(place, rest[0], said)
            rest = self.read_options(rest[1:], said)
        if any(each.name in self._needed for each in places):
            raise NotPlainError

    def _option(self, rest: list[str], said: dict[str, Any]) -> None:
        name, is_joined, value = rest.pop().partition("=")
        found = self._options.get(name)
        if not found or found.group in self._given or (is_joined and found.is_flag):
            raise NotPlainError
        self._given.add(found.group)
        if found.is_flag:
            said[found.name] = True
            return
        if not is_joined:
            value = rest.pop() if rest else "-"
        if value.startswith("-") or (is_joined and not name.startswith("--")):
            raise NotPlainError
        self._set(found, value, said)

    def _set(self, found: _Argument, text: str, said: dict[str, Any]) -> None:
        try:
            value = found.read(text)
        except Exception:  # noqa: BLE001 - argparse knows which, and what to say
            raise NotPlainError from None
        if not text or (found.choices is not None and value not in found.choices):
            raise NotPlainError
        said[found.name] = value


class _Group:
    """Arguments of which only one may be given."""

    def __init__(self, arguments: _Arguments) -> None:
        self._arguments = arguments

    def add_argument(self, *names: str, **told: Any) -> None:
        """Take an argument as argparse would."""
        self._arguments.add_argument(*names, group=self, **told)


def read_plain_line(words: Sequence[str]) -> SimpleNamespace:
    """Read a command line: what argparse would make of it.

    Raises:
        NotPlainError: where that is to be asked.
    """
    said: dict[str, Any] = {**COMMON_DEFAULTS}
    listed, rest = _named(_common("-n", "--name").read_options(words, said), BY_NAME)
    command = listed.load()
    if isinstance(command, CommandGroup):
        command, rest = _named(_common("--name").read_options(rest, said), command.actions)
    arguments = _common("--name")
    arguments.defaults.clear()  # what stood before the command holds
    command.add_arguments(arguments)
    arguments.read(rest, said)
    return SimpleNamespace(**said, command=command)


def _common(*section: str) -> _Arguments:
    made = _Arguments()
    add_common_options(made, *section)
    return made


def _named(words: list[str], known: Any) -> tuple[Any, list[str]]:
    """What the first word names, and the others."""
    if not words or words[0] not in known:
        raise NotPlainError
    return known[words[0]], words[1:]
