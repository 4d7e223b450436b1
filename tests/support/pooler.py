"""PgBouncer in transaction mode in front of a server, as many platforms give it out."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

from support import programs
from support.processes import Process
from support.servers import free_port, owner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.servers import Server

_SIZE = 4
_CONFIGURATION = """
[databases]
* = {server}

[pgbouncer]
pool_mode = {mode}
query_wait_timeout = {patience}
default_pool_size = {size}
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
"""


@dataclass
class Pooler:
    """A running PgBouncer; whoever asks is logged in as the tests' superuser."""

    port: int

    def url(self, database: Database) -> str:
        """What a user would put into DATABASE_URL."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database.name}"

    def connections(self, database: Database, sql: str) -> list[tuple[object, ...]]:
        """The first row of a query on each connection that the pool has to the server."""
        with contextlib.ExitStack() as stack:
            # As many at once as the pool may have, so that each gets another one.
            clients = [
                stack.enter_context(contextlib.closing(psycopg2.connect(self.url(database))))
                for _ in range(_SIZE)
            ]
            cursors = [client.cursor() for client in clients]
            for cursor in cursors:
                cursor.execute("SELECT pg_backend_pid()")
            assert len({cursor.fetchone() for cursor in cursors}) == _SIZE
            for cursor in cursors:
                cursor.execute(sql)
            return [cursor.fetchone() or () for cursor in cursors]


@contextlib.contextmanager
def running(
    server: Server,
    *,
    size: int = _SIZE,
    mode: str = "transaction",
    patience: int = 120,
    begins: str = "SELECT 1",
) -> Iterator[Pooler]:
    """Run a PgBouncer for as long as it is needed; without one, skip the test, but not in CI.

    It has so many connections to the server, each of which begins with a statement, and lets a
    query wait so many seconds for one.
    """
    program = programs.required("pgbouncer", "pgbouncer")
    pooler = Pooler(free_port())
    wanted = ("host", "port", "user", "password")
    address = {key: value for key, value in server.parameters().items() if key in wanted}
    address["connect_query"] = begins
    with tempfile.TemporaryDirectory(prefix="promptlib-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            _CONFIGURATION.format(
                server=" ".join(f"{key}='{_quoted(value)}'" for key, value in address.items()),
                size=size,
                mode=mode,
                patience=patience,
                port=pooler.port,
            )
        )
        with Process([program, str(configuration)], folder, user=owner()) as process:
            process.says("process up")
            yield pooler


def _quoted(value: str) -> str:
    return value.replace("'", "''")
