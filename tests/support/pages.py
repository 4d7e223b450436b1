"""Pages of docs/ as a reader follows them: their files written, their commands run, in one folder.

A block `console` holds commands behind a `$`, each with its output below it; a line `...` stands
for any number of lines, and within a line for any text. A block `sql` whose first line is a comment
with a path is written there. What differs from one run to the next (times, addresses, sizes) is
taken for the same.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from support.projects import environment_with, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database

_BLOCK = re.compile(r"^```(console|sql)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_WRITTEN = re.compile(r"-- ((?:[\w.-]+/)+[\w.-]+\.sql)\n")
_ANYTHING = "..."
_INSTALLED = "pip install"  # what runs the tests has it
# What may be another one in each run.
_VARIES = (
    (re.compile(r"\b\d+(?:\.\d+)? (?:ms|s)\b"), "T"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d{8}T\d{6}Z"), "TIME"),
    (re.compile(r"postgresql://\S+?(?=:?(?:\s|$)|[;,)])"), "URL"),
    (re.compile(r"\btest_[0-9a-f]{12}\b|\bshop\b"), "DATABASE"),
    (re.compile(r"\bpid \d+|\(\d{3,7}\)"), "PID"),
    (re.compile(r"PostgreSQL \d+(?:\.\d+)?"), "PostgreSQL"),
    (re.compile(r"\b\d+ bytes\b"), "SIZE"),
    (re.compile(r"\b2026\d{10}\b"), "VERSION"),
    (re.compile(r"[ ]{2,}"), "  "),
)


@dataclass
class Said:
    """A command of a page, and what it says."""

    command: str
    output: list[str] = field(default_factory=list)


def read_page(path: Path) -> Iterator[Said | tuple[str, str]]:
    """The commands of a page, and the files that it writes as path and text, in their order."""
    for kind, text in _BLOCK.findall(path.read_text("utf-8")):
        if kind == "console":
            yield from _commands(text)
        elif written := _WRITTEN.match(text):
            yield written[1], text[written.end() :]


def _commands(text: str) -> Iterator[Said]:
    said: Said | None = None
    for line in text.splitlines():
        if line.startswith("$ "):
            if said:
                yield said
            said = Said(line[2:])
        elif said and said.command.endswith("\\"):
            said.command += f"\n{line}"
        elif said:
            said.output.append(line)
    if said:
        yield said


def run_command(command: str, folder: Path, database: Database) -> list[str]:
    """What a command of a page says, on stderr too, one after the other."""
    if command.startswith(_INSTALLED):
        return []
    programs = (path_of("promptlib"), database.server.program("psql"))
    path = [*(str(Path(each).parent) for each in programs), "/usr/bin", "/bin"]
    given = {"PATH": ":".join(path), "DATABASE_URL": database.url}
    done = subprocess.run(
        ["/bin/bash", "-c", f"{{ {command}\n}} 2>&1"],
        cwd=folder,
        env=environment_with(given),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.rstrip("\n").splitlines()


def is_same(shown: list[str], said: list[str]) -> bool:
    """Whether a page shows what a command says."""
    pattern = "\n".join(map(_pattern, shown))
    return re.fullmatch(pattern, "\n".join(map(_constant, said))) is not None


def _pattern(line: str) -> str:
    if line == _ANYTHING:
        return r"(?:.*\n)*.*"
    return re.escape(_constant(line)).replace(re.escape(_ANYTHING), ".*")


def _constant(line: str) -> str:
    for varies, name in _VARIES:
        line = varies.sub(name, line)
    return line.rstrip()


def difference(said: Said, found: list[str]) -> str:
    """What to say where a page is wrong."""
    told = "\n".join(found)
    return f"$ {shlex.quote(said.command)}\n{told}\ninstead of\n" + "\n".join(said.output)
