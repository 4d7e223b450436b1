"""What breaks a rule: where, and what to do; as text, as JSON, as GitHub's annotations."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from promptlib.core.errors import display_path
from promptlib.core.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from promptlib.core.errors import PromptlibError

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
    def file(self) -> str:
        """The path as a reader at the shell would type it."""
        return display_path(self.path)

    @property
    def text(self) -> str:
        """What is wrong and what to do, and the notes on lines of their own."""
        return "\n".join([self._summary, *self.notes])

    def __str__(self) -> str:
        """The violation as a compiler would tell it."""
        summary = printable_line(self._summary)
        place = f"{self.file}:{self.line}:{self.column}"
        return "\n".join([f"{place}: {self.rule}: {summary}", *self.notes])

    @property
    def _summary(self) -> str:
        return "; ".join(filter(None, (self.message, self.help)))


def violation_of_error(error: PromptlibError, rule: str) -> Violation:
    """A violation of what an error says of a file."""
    place = _PLACE.fullmatch(error.place)
    assert place  # it matches everything
    line, column = (int(place[name] or 1) for name in ("line", "column"))
    path = Path(place["path"])
    return Violation(path, line, column, rule, error.what, error.remedy, notes=error.notes)


def sort_violations(found: Iterable[Violation]) -> list[Violation]:
    """The violations file by file, and line by line."""
    return sorted(found, key=lambda each: (each.file, *each[1:]))


def summarize_violations(found: Sequence[Violation], migrations: int) -> str:
    """How many there are, in how many files."""
    checked = f"{migrations} {_plural('migration', migrations)}"
    if not found:
        return f"no findings in {checked}"
    files = len({each.file for each in found})
    told = f"{len(found)} {_plural('finding', len(found))} in {files} {_plural('file', files)}"
    return f"{told}; {checked} checked"


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _text(found: Sequence[Violation]) -> Iterable[str]:
    return map(str, found)


def _json(found: Sequence[Violation]) -> Iterable[str]:
    documents = []
    for each in found:
        document = {"file": each.file, **each._asdict()}
        del document["path"]
        documents.append(document)
    yield json.dumps(documents, indent=2)


def _github(found: Sequence[Violation]) -> Iterable[str]:
    workspace = os.environ.get("GITHUB_WORKSPACE", "")  # what GitHub's paths begin at
    for each in found:
        file = os.path.relpath(each.path, workspace) if workspace else each.file
        where = {"file": file, "line": each.line, "col": each.column}
        named = ",".join(
            f"{name}={str(value).translate(_IN_PROPERTIES)}"
            for name, value in {**where, "title": each.rule}.items()
        )
        yield f"::error {named}::{each.text.translate(_IN_MESSAGES)}"


TEXT = "text"
FORMATS: dict[str, Callable[[Sequence[Violation]], Iterable[str]]] = {
    TEXT: _text,
    "json": _json,
    "github": _github,
}
