"""A network that takes its time: passes bytes on to a server, and each way a while later.

    python benchmarks/delay.py PORT MILLISECONDS

Listens on a port of its own, which it prints, until it is killed. It is a process of its own, so
that its work is nobody else's.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def delayed(port: int, milliseconds: float) -> Iterator[int]:
    """The port of such a network to a server; without a delay, the server's own."""
    if not milliseconds:
        yield port
        return
    command = [sys.executable, __file__, str(port), str(milliseconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main(port: str, milliseconds: str) -> None:
    """Serve."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", int(port)))
            for one, other in ((near, far), (far, near)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _pass_on(one, other, float(milliseconds) / 1000)


def _pass_on(one: socket.socket, other: socket.socket, seconds: float) -> None:
    under_way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def receive() -> None:
        data = b"-"
        while data:
            try:
                data = one.recv(1 << 16)
            except OSError:
                data = b""
            under_way.put((time.perf_counter() + seconds, data))

    def send() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = under_way.get()
                time.sleep(max(due - time.perf_counter(), 0))
                if not data:
                    break
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)

    for each in (receive, send):
        threading.Thread(target=each, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
