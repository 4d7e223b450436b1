"""Transcripts: what a user types, and all that he sees, as files that are read as they are run.

    # What it is about.
    > file sql/20250101000001_x.sql
      -- UP
      ...
    > sql CREATE TABLE a (i int)
    > configure lock_attempts = 2
    > hold LOCK TABLE a
    > release
    $ promptlib migrate
    what it says, on stdout and stderr
    [exit 2]
    60$ promptlib repair < y n
    what stays on a terminal of 60 columns, where somebody answers

Whatever differs from run to run is written as N, TIME or DATABASE.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import subprocess
import tempfile
import termios
from typing import TYPE_CHECKING

from support import forks
from support.processes import until
from support.projects import environment_with, path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project

_TYPED = re.compile(r"(?P<columns>\d*)\$ (?P<command>[^<]+?)(?: < (?P<answers>.*))?$")
_ERASED = re.compile(r"[^\n]*\r\x1b\[K")
_COLOUR = re.compile(r"\x1b\[\d+m")
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b(\d+ min )?\d+(\.\d+)? (ms|s)\b"), "N ms"),
    (re.compile(r"(TIME|N ms|TOOK|PLACE|(?<= )-) {2,}"), r"\1  "),
    (re.compile(r"postgresql://\S*/DATABASE"), "postgresql://DATABASE"),
    (re.compile(r"(pid |backend\(|process )\d+"), r"\1N"),
    (re.compile(r"PostgreSQL \d+\.\d+"), "PostgreSQL N"),
)


def run_transcript(text: str, project: Project, database: Database) -> str:
    """Do what a transcript says.

    Returns:
        the transcript, as it should be: it is the same if all was said again.
    """
    with contextlib.ExitStack() as holders:
        return "\n".join(_Reader(text, project, database, holders).lines()) + "\n"


class _Reader:
    def __init__(
        self, text: str, project: Project, database: Database, holders: contextlib.ExitStack
    ) -> None:
        self._lines = text.rstrip("\n").split("\n")
        self._project, self._database, self._holders = project, database, holders

    def lines(self) -> Iterator[str]:
        """The transcript: what was said before is left out, what is said now put in its place."""
        rest = [*self._lines]
        while rest:
            line = rest.pop(0)
            if line.startswith("> "):
                content = []
                while rest and rest[0].startswith("  "):
                    content.append(rest.pop(0))
                self._prepare(line, content)
                yield from [line, *content]
            elif typed := _TYPED.match(line):
                while rest and not (rest[0].startswith(("> ", "#")) or _TYPED.match(rest[0])):
                    rest.pop(0)
                yield line
                yield from self._said(typed)
                if rest and rest[0].startswith("#"):
                    yield ""
            elif line.startswith("#"):
                yield line

    def _prepare(self, line: str, content: list[str]) -> None:
        _, what, rest = line.split(" ", 2) if line.count(" ") > 1 else (*line.split(" "), "")
        if what == "file":
            path = self._project.folder / rest
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{each[2:]}\n" for each in content), encoding="utf-8")
        elif what == "remove":
            (self._project.folder / rest).unlink()
        elif what == "configure":
            name, value = rest.split(" = ")
            self._project.configure(**{name: value})
        elif what == "sql":
            self._database.query(rest)
        elif what == "hold":
            connection = self._database.connect()
            connection.autocommit = False
            connection.cursor().execute(rest)
            self._holders.callback(connection.close)
        else:
            assert what == "release", line
            self._holders.close()

    def _said(self, typed: re.Match[str]) -> list[str]:
        program, *arguments = shlex.split(typed["command"])
        command = [path_of(program), *arguments]
        environment = environment_with({"DATABASE_URL": self._project.url, "TERM": "xterm"})
        if typed["columns"]:
            answers = (typed["answers"] or "").split()
            code, said = self._at_terminal(command, environment, int(typed["columns"]), answers)
        else:
            code, said = self._run(command, environment)
        assert "Traceback" not in said, said
        lines = _unchanging(said, self._project, self._database).rstrip("\n").splitlines()
        return [line.rstrip() for line in lines] + ([f"[exit {code}]"] if code else [])

    def _run(self, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
        with tempfile.TemporaryFile() as output:
            here = forks.Command(command, self._project.folder, environment)
            code = forks.start(here, output, output).wait()
            output.seek(0)
            return code, output.read().decode()

    def _at_terminal(
        self, command: list[str], environment: dict[str, str], columns: int, answers: list[str]
    ) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, columns))
        process = subprocess.Popen(
            command,
            cwd=self._project.folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(ours, False)
        screen, left = b"", [*answers]

        def has_ended() -> bool:
            nonlocal screen
            ended = process.poll() is not None
            with contextlib.suppress(OSError):
                while piece := os.read(ours, 4096):
                    screen += piece
            if left and screen.endswith(b"] "):
                os.write(ours, f"{left.pop(0)}\n".encode())
            return ended

        until(has_ended, lambda: str(screen))
        os.close(ours)
        text = screen.decode().replace("\r\n", "\n")
        return process.returncode, _COLOUR.sub("", _ERASED.sub("", text))


def _unchanging(said: str, project: Project, database: Database) -> str:
    """What was said, without what is another in each run."""
    said = said.replace(str(project.folder), ".").replace(database.name, "DATABASE")
    for pattern, word in _CHANGING:
        said = pattern.sub(word, said)
    return said
