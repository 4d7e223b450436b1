"""Commands in processes that are forked, which spares them most of the time that they take.

See forkserver, which forks them. TEST_FORKS=no starts each as a user does.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from support import forkserver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_READ_BY_PYTHON = ("PYTHON", "LANG", "LC_")  # how the names of variables begin
_PROGRAMS = Path(sys.executable).parent


class Forked:
    """A forked command; the names are those of subprocess.Popen."""

    def __init__(self, request: forkserver.Request, files: Sequence[int]) -> None:
        self.args = [request.program, *request.arguments]
        self.returncode: int | None = None
        told, answer = os.pipe()
        self._told = os.fdopen(told, "rb", buffering=0)
        socket.send_fds(_server(), [json.dumps(request).encode()], [*files, answer])
        os.close(answer)
        self.pid = self._number()

    def _number(self) -> int:
        line = self._told.readline()
        assert line, f"nobody knows what became of {self.args}"
        return int(line)

    def poll(self) -> int | None:
        """The exit code; None as long as it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        """The exit code, once it has ended."""
        if self.returncode is None:
            self.returncode = self._number()
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended just now
                os.kill(self.pid, number)


class Command(NamedTuple):
    """A program with its arguments, and where it runs."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]


def start(
    command: Command,
    output: IO[bytes],
    errors: IO[bytes],
    *,
    session: bool = False,
    user: str | None = None,
) -> Forked | subprocess.Popen[bytes]:
    """Run a command, without stdin; forked, if it is one of ours and no variable says otherwise."""
    arguments, folder, environment = command
    path = Path(arguments[0])
    with Path(os.devnull).open("rb") as nothing:
        if user is None and _can_be_forked(path, environment):
            request = forkserver.Request(
                path.name, [*arguments[1:]], str(folder), {**environment}, session
            )
            return Forked(request, [file.fileno() for file in (nothing, output, errors)])
        return subprocess.Popen(
            arguments,
            cwd=folder,
            env=environment,
            stdin=nothing,
            stdout=output,
            stderr=errors,
            start_new_session=session,
            user=user,
        )


def _can_be_forked(path: Path, environment: Mapping[str, str]) -> bool:
    """Whether the fork server has the command, and what Python reads at its start is as here."""
    return (
        sys.platform == "linux"  # elsewhere libraries do not take forks well
        and os.environ.get("TEST_FORKS") != "no"
        and path.parent == _PROGRAMS
        and path.name in forkserver.MAINS
        and _for_python(environment) == _for_python(os.environ)
    )


def _for_python(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_BY_PYTHON)}


@functools.cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, forkserver.__file__, str(theirs.fileno())],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def stop() -> None:
        ours.close()
        server.wait()

    atexit.register(stop)
    return ours
