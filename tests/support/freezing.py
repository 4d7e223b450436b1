"""A network between a command and a server, which freezes: nothing gets through any more.

New connections are accepted, and hear nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from typing import TYPE_CHECKING, Self

from support.processes import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from support.databases import Database
    from support.servers import Server

_QUERY = b"Q"  # its length comes behind, as four bytes that count themselves
_PARSE, _SYNC = b"P", b"S\0\0\0\4"  # a pipeline begins and ends
_READY = b"Z\0\0\0\5"  # and whether a transaction is open, as one letter
_MOUTHFUL = 4096  # bytes; what is longer than some of these stays with who sends it


class Network:
    """A proxy in front of a database's server; leaving the `with` block ends all connections.

    Args:
        database: what is behind it.
        others: servers that have it as well: each connection comes to the next one.
    """

    def __init__(self, database: Database, *others: Server) -> None:
        found = (each.parameters() for each in (database.server, *others))
        self._servers = itertools.cycle((each["host"], int(each["port"])) for each in found)
        self._flows, self._trigger, self._is_over = threading.Event(), b"", False
        self._flows.set()
        self._lets_through = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _MOUTHFUL)
        self._ends, self._threads = [self._listener], list[threading.Thread]()
        self.accepted = self.sent = self.received = 0  # connections, and a client's bytes
        self.answers = 0  # that the server came to the end of, and waits for what comes next
        port = self._listener.getsockname()[1]
        self.url = f"postgresql://postgres@127.0.0.1:{port}/{database.name}"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._is_over = True
        self._flows.set()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def freeze(self) -> None:
        """Let nothing through from now on."""
        self._flows.clear()

    def freeze_at(self, text: bytes, *, lets_through: bool) -> None:
        """Freeze when a client sends a text.

        Args:
            text: in what it sends.
            lets_through: whether that still comes to the server, and only its answer gets lost.
        """
        self._trigger, self._lets_through = text, lets_through

    def thaw(self) -> None:
        """Let through what has come meanwhile, and all that comes."""
        self._trigger = b""
        self._flows.set()

    def freezes(self) -> None:
        """Wait until it is frozen."""
        until(lambda: not self._flows.is_set())

    def _run(self, target: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                self._ends.append(client)
                self._run(self._connect, client)

    def _connect(self, client: socket.socket) -> None:
        self._flows.wait()
        with contextlib.suppress(OSError):
            if self._is_over:
                return
            server = socket.create_connection(next(self._servers))
            self._ends.append(server)
            self._run(self._pass_on, server, client)
            self._pass_on(client, server, is_clients=True)

    def _pass_on(
        self, source: socket.socket, goal: socket.socket, *, is_clients: bool = False
    ) -> None:
        before = b""  # in which the trigger may begin
        with contextlib.suppress(OSError):
            while said := source.recv(_MOUTHFUL):
                self.sent += len(said) * is_clients
                self.received += len(said) * (not is_clients)
                if is_clients and self._lets_through:
                    said += _rest_of_message(said, source)
                freezes = is_clients and self._trigger and self._trigger in before + said
                self.answers += not is_clients and (before + said)[-6:-1] == _READY
                before = said
                if freezes and not self._lets_through:
                    self.freeze()
                self._flows.wait()
                if self._is_over:
                    return
                if freezes and self._lets_through:
                    self.freeze()
                goal.sendall(said)
        for end in (source, goal):
            self._flows.wait()
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _rest_of_message(begun: bytes, source: socket.socket) -> bytes:
    """What a client has still to send of a query, or a pipeline: it waits for an answer then."""
    rest = b""
    if begun.startswith(_QUERY):
        missing = len(_QUERY) + int.from_bytes(begun[1:5]) - len(begun)
        while len(rest) < missing and (more := source.recv(missing - len(rest))):
            rest += more
    elif begun.startswith(_PARSE):
        while not (begun + rest).endswith(_SYNC) and (more := source.recv(_MOUTHFUL)):
            rest += more
    return rest
