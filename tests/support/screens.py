"""The screen of a terminal: what a command shows on it for a while, and what stays."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import termios
from typing import TYPE_CHECKING, Self

from support.processes import until
from support.projects import environment_with, path_of

if TYPE_CHECKING:
    from types import TracebackType

    from support.projects import Project

ERASE = "\r\x1b[K"


class Screen:
    """A terminal; `stream` is what a program writes to."""

    def __init__(self, columns: int) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        termios.tcsetwinsize(theirs, (24, columns))
        self.stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.stream.close()
        os.close(self._ours)

    @property
    def text(self) -> str:
        """What was written so far, each line ended by CR LF."""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._ours, 4096):
                self._read += piece
        return self._read.decode()


class Watched(Screen):
    """A command whose stderr is a terminal; leaving the `with` block ends it."""

    def __init__(self, project: Project, program: str, *arguments: str, columns: int = 80) -> None:
        super().__init__(columns)
        self._popen = subprocess.Popen(
            [path_of(program), *arguments],
            cwd=project.folder,
            env=environment_with({"DATABASE_URL": project.url}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.stream,
        )

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._popen.kill()
        self._popen.wait()
        super().__exit__(_type, _, __)

    def shows(self, text: str) -> None:
        """Wait until a text was on the screen."""
        until(lambda: text in self.text or not self._runs(), lambda: self.text)
        assert text in self.text, self.text

    def ends(self) -> list[str]:
        """Wait until it ends well; the lines that stay, each without what was erased in it."""
        until(lambda: not self._runs(), lambda: self.text)
        assert self._popen.returncode == 0, self.text
        return [line.rpartition(ERASE)[2] for line in self.text.split("\r\n")]

    def _runs(self) -> bool:
        _ = self.text  # what it writes must be read, or it would come to a stand
        return self._popen.poll() is None
