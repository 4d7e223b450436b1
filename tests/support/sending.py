"""How statements go to the server: several in one message, or one by one.

They go one by one where libpq is not to be had: in another build of psycopg2, which this process's
is made to look like. TEST_SENDING=singly does that for all tests, and for the commands in them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from promptlib.core.libpq import load_libpq
from support.forkserver import SENDING
from support.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection

    from support.databases import Database
_MODULE = importlib.import_module("psycopg2._psycopg")
_FILE = _MODULE.__file__


@contextlib.contextmanager
def sent(way: str) -> Iterator[None]:
    """Send statements that way, here and in the commands that are started meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SENDING, raising=False)
        patch.setattr(_MODULE, "__file__", os.devnull if way == "singly" else _FILE)
        if way == "singly":
            patch.setenv(SENDING, way)
        load_libpq.cache_clear()
        try:
            yield
        finally:
            load_libpq.cache_clear()


def usual() -> str:
    """The way that all tests are asked to go."""
    return os.environ.get(SENDING, "together")


def run(connection: Connection, sql: str) -> list[tuple[object, ...]]:
    """Have psycopg2 send statements; the rows of the last one."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def signalled(
    connection: Connection, database: Database, raised: type[BaseException]
) -> Iterator[None]:
    """Have a signal raise an error within the `with` block, once a statement of it sleeps."""
    sleeping = f"SELECT 1 FROM pg_stat_activity WHERE pid = {connection.info.backend_pid}"

    def interrupt() -> None:
        until(lambda: database.query(f"{sleeping} AND wait_event = 'PgSleep'"))
        os.kill(os.getpid(), signal.SIGUSR1)

    def hear(_number: int, _frame: object) -> None:
        raise raised

    before = signal.signal(signal.SIGUSR1, hear)
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)
