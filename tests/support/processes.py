"""Commands that run beside a test, and waiting for what they and the server do."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from typing import TYPE_CHECKING, Self, TypeVar

from support import forks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

_Found = TypeVar("_Found")
_DEADLINE = 120.0  # seconds; generous, for a test that waits this long has failed
_POLL = 0.02
_SLOWER = 25  # to ask a server costs time: who has waited long waits longer for the next look


def until(
    condition: Callable[[], _Found], said: Callable[[], str] = str, seconds: float = _DEADLINE
) -> _Found:
    """Wait until a condition gives something that is true, and give that.

    `said` tells what else is known when it does not come.
    """
    began = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - began
        assert waited < seconds, f"not within {seconds:.0f} s; {said()}"
        time.sleep(max(_POLL, waited / _SLOWER))
    return found


class Process:
    """A command in a session of its own; leaving the `with` block ends it.

    `pid` is its number, that of its session and of its group.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self._files = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115 - see __exit__
        command = forks.Command(arguments, folder, environment or os.environ)
        self._popen = forks.start(command, *self._files, session=True, user=user)
        self.pid = self._popen.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if self.runs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        for file in self._files:
            file.close()

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._popen.poll()

    @property
    def stdout(self) -> str:
        """What it wrote so far."""
        return self._read(0)

    @property
    def stderr(self) -> str:
        """What it wrote so far."""
        return self._read(1)

    def _read(self, number: int) -> str:
        # At an offset of its own: the child writes where the file's own one is.
        descriptor = self._files[number].fileno()
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def says(self, text: str) -> str:
        """Wait until a text is on stderr; what is there then."""
        until(lambda: text in self.stderr or not self.runs, self._told)
        assert text in self.stderr, f"it never said {text!r}; {self._told()}"
        return self.stderr

    def ends(self, code: int | None = 0) -> str:
        """Wait until it ends, with this exit code (None: with any); what it wrote to stderr."""
        until(lambda: not self.runs, self._told)
        assert code in (None, self._popen.returncode), self._told()
        assert "Traceback" not in self.stderr, self._told()
        return self.stderr

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def _told(self) -> str:
        state = "runs" if self.runs else f"ended with {self._popen.returncode}"
        return f"{self._popen.args!r} {state}:\n{self.stdout}{self.stderr}"
