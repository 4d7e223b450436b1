"""Commands in forked processes: Python and the libraries are loaded once, and not by each command.

    python tests/support/forkserver.py SOCKET

A message on the socket, whose number is given, asks for a command: JSON, and with it the files
that become stdin, stdout and stderr, and a pipe for the answer, which is the number of the process
and, at the end, how it ended. The command runs in a process of its own as it would if a shell had
started it: with its own folder, environment, files and signals, to the end of the interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import selectors
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SENDING = "TEST_SENDING"  # the variable; see tests/support/sending.py
MAINS = {"promptlib": "promptlib.cli.main", "alembic": "alembic.config"}
_ended: list[int] = []  # the exit code, once the command has ended
_LARGEST = 1 << 20  # bytes of a message; an environment is a few thousand


class Request(NamedTuple):
    """A command, and what it finds around it.

    `session` is whether it gets a session of its own.
    """

    program: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    session: bool


def preload() -> None:
    """Import what any command may want."""
    for name in MAINS.values():
        importlib.import_module(name)
    package = importlib.import_module("promptlib")
    for module in pkgutil.walk_packages(package.__path__, "promptlib."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    importlib.import_module("sqlalchemy.dialects.postgresql.psycopg2")


class _Running(NamedTuple):
    """A command that runs, and where to say how it ends."""

    pid: int
    answer: int


def serve(asked: socket.socket) -> Callable[[], int | None]:
    """Fork for each message; the end of them ends this process. A forked one gets its command."""
    gc.collect()
    gc.freeze()  # or each process would copy all of it when it looks for garbage
    events = selectors.DefaultSelector()
    events.register(asked, selectors.EVENT_READ)
    while True:
        for key, _ in events.select():
            if key.data:
                _tell_end(events, key.fd, key.data)
                continue
            message, files, _flags, _address = socket.recv_fds(asked, _LARGEST, 4)
            if not message:
                sys.exit()
            *standard, answer = files
            if not (pid := os.fork()):
                _forget_others(events)
                return _begin(Request(*json.loads(message)), standard, answer)
            for file in standard:
                os.close(file)
            events.register(os.pidfd_open(pid), selectors.EVENT_READ, _Running(pid, answer))


def _tell_end(events: selectors.BaseSelector, watch: int, running: _Running) -> None:
    events.unregister(watch)
    os.close(watch)
    _, status = os.waitpid(running.pid, 0)
    with contextlib.suppress(BrokenPipeError):  # nobody wants to know
        os.write(running.answer, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os.close(running.answer)


def _forget_others(events: selectors.BaseSelector) -> None:
    """Close what belongs to this server and to other commands."""
    for key in [*events.get_map().values()]:
        os.close(key.fd)
        if key.data:
            os.close(key.data.answer)
    events.close()


def _begin(request: Request, standard: list[int], answer: int) -> Callable[[], int | None]:
    if request.session:
        os.setsid()
    os.write(answer, f"{os.getpid()}\n".encode())
    os.close(answer)
    for number, file in enumerate(standard):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    if SENDING in request.environment:
        importlib.import_module("psycopg2._psycopg").__file__ = os.devnull  # where libpq is not
    programs = Path(sys.executable).parent
    sys.path[0] = str(programs)
    sys.argv = [str(programs / request.program), *request.arguments]
    command: Callable[[], int | None] = importlib.import_module(MAINS[request.program]).main
    return command


def run(command: Callable[[], int | None]) -> None:
    """Run it to the end of its process, as the program of its name does."""
    try:
        sys.exit(command())
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            _ended.append(end.code or 0)
        raise


def _leave() -> None:
    """End, for there is nothing left to do: to take all modules down would copy them first."""
    if _ended:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_ended[0])


if __name__ == "__main__":
    atexit.register(_leave)  # before all others, and so it is called behind them
    sys.path[0] = str(Path(sys.executable).parent)
    preload()
    run(serve(socket.socket(fileno=int(sys.argv[1]))))
