"""A command at a terminal, with a user who reads and types."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
from typing import TYPE_CHECKING, Self

from support.processes import until
from support.projects import environment_with, path_of

if TYPE_CHECKING:
    from types import TracebackType

    from support.projects import Project

_COLOUR = re.compile(r"\x1b\[\d+m")


class Terminal:
    """A `promptlib` command whose stdin, stdout and stderr are a terminal's."""

    def __init__(self, project: Project, *arguments: str, **changes: str) -> None:
        self._ours, theirs = pty.openpty()
        self._popen = subprocess.Popen(
            [path_of("promptlib"), *arguments],
            cwd=project.folder,
            env={**environment_with({"DATABASE_URL": project.url, "TERM": "xterm"}), **changes},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._said = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._popen.kill()
        self._popen.wait()
        os.close(self._ours)

    @property
    def screen(self) -> str:
        """What it wrote so far, and what was typed."""
        with contextlib.suppress(OSError):  # it has ended
            while select.select([self._ours], [], [], 0)[0]:
                self._said += os.read(self._ours, 4096)
        return self._said.decode().replace("\r\n", "\n")

    @property
    def plain(self) -> str:
        """The same without colours."""
        return _COLOUR.sub("", self.screen)

    def says(self, text: str) -> None:
        """Wait until a text is on the screen."""
        until(lambda: text in self.screen, lambda: self.screen)

    def type(self, line: str) -> None:
        """Type a line, and Return."""
        os.write(self._ours, f"{line}\n".encode())

    def signal(self, number: int) -> None:
        """Send it a signal, as Ctrl-C does."""
        self._popen.send_signal(number)

    def ends(self, code: int) -> str:
        """Wait until it ends, with this exit code; what was on the screen."""
        until(lambda: self.screen is not None and self._popen.poll() is not None, str)
        assert self._popen.returncode == code, self.screen
        assert "Traceback" not in self.screen
        return self.screen
