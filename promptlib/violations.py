"""What breaks a rule: where, and what to do; as text, as JSON, as GitHub's annotations. Pure."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from promptlib.errors import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promptlib.errors import PromptlibError

Severity = Literal["error", "warning"]
_PLACE = re.compile(r"(?P<path>.*?)(?::(?P<line>\d+))?(?::(?P<column>\d+))?", re.DOTALL)
# GitHub's workflow commands take these as %-codes; properties also these.
_IN_MESSAGES = str.maketrans({each: f"%{ord(each):02X}" for each in "%\r\n"})
_IN_PROPERTIES = str.maketrans({each: f"%{ord(each):02X}" for each in "%\r\n:,"})


class Violation(NamedTuple):
    """What breaks a rule.

    Attributes:
        path: of the file.
        line: counted from 1; also 1 where the whole file is meant.
        column: the same.
        rule: its name.
        message: what is wrong, without a full stop.
        help: what to do about it; empty, where the message says it.
        severity: what who made the rule thinks of it; either fails a run.
        notes: further lines: the server's words, a difference.
    """

    path: Path
    line: int
    column: int
    rule: str
    message: str
    help: str = ""
    severity: Severity = "error"
    notes: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What is wrong and what to do, and the notes on lines of their own."""
        return "\n".join(["; ".join(filter(None, (self.message, self.help))), *self.notes])

    def __str__(self) -> str:
        """The violation as a compiler would tell it."""
        return f"{shown(self.path)}:{self.line}:{self.column}: {self.rule}: {self.said}"


def of_error(error: PromptlibError, rule: str) -> Violation:
    """A violation of what an error says of a file."""
    place = _PLACE.fullmatch(error.place)
    assert place  # it matches everything
    line, column = (int(place[name] or 1) for name in ("line", "column"))
    path = Path(place["path"])
    return Violation(path, line, column, rule, error.what, error.remedy, notes=error.notes)


def summary(found: Sequence[Violation], files: int) -> str:
    """How many there are, in how many of the files."""
    if not found:
        return f"no findings in {files} {_plural('migration', files)}"
    broken = len({each.path for each in found})
    return f"{len(found)} {_plural('finding', len(found))} in {broken} of {files} migrations"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _text(found: Sequence[Violation]) -> Iterable[str]:
    return map(str, found)


def _json(found: Sequence[Violation]) -> Iterable[str]:
    documents = []
    for each in found:
        document = {"file": shown(each.path), **each._asdict()}
        del document["path"]
        documents.append(document)
    yield json.dumps(documents, indent=2)


def _github(found: Sequence[Violation]) -> Iterable[str]:
    for each in found:
        where = {"file": shown(each.path), "line": each.line, "col": each.column}
        named = ",".join(
            f"{name}={str(value).translate(_IN_PROPERTIES)}"
            for name, value in {**where, "title": each.rule}.items()
        )
        yield f"::error {named}::{each.said.translate(_IN_MESSAGES)}"


FORMATS: dict[str, Callable[[Sequence[Violation]], Iterable[str]]] = {
    "text": _text,
    "json": _json,
    "github": _github,
}
