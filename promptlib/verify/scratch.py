"""Databases for a while: made on a server, copied from each other, and dropped whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import secrets
from typing import TYPE_CHECKING, NamedTuple

import psycopg2
from psycopg2 import errorcodes, errors, sql

from promptlib.core.errors import NoConnectionError, StatementError
from promptlib.core.interrupts import queries_interruptible
from promptlib.engine.runner import Step
from promptlib.engine.watcher import Watcher
from promptlib.ledger.tables import UP
from promptlib.postgres.admin import maintenance_connection
from promptlib.postgres.target import Target
from promptlib.verify.measure import run_measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration

_PREFIX = "promptlib_scratch_"
_LEFT_BEHIND = """
    SELECT datname FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.~) %s
"""
# Who makes such databases holds a lock of their name: what nobody holds was left by a killed one.
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(%s)"
_LET_GO = "SELECT pg_catalog.pg_advisory_unlock(%s)"


class ScratchSession(NamedTuple):
    """A connection to a database, and who looks at its statements."""

    connection: Connection
    watcher: Watcher


class ScratchDatabases:
    """Makes databases of one name with numbers behind it.

    Args:
        target: on the same server, for the same user.
        cursor: on one of the server's own databases, in autocommit.
        name: what theirs begin with.
    """

    def __init__(self, target: Target, cursor: Cursor, name: str) -> None:
        self._target = target
        self._cursor = cursor
        self._name = name
        self._numbers = itertools.count(1)

    @property
    def server(self) -> str:
        """Which PostgreSQL it is."""
        version = self._cursor.connection.get_parameter_status("server_version")
        return f"PostgreSQL {version}"

    def create(self, template: Target | None = None) -> Target:
        """Make a database: empty, or a copy of one that nobody is connected to.

        Raises:
            StatementError: when the user may not, or another one is connected to the original.
        """
        name = f"{self._name}_{next(self._numbers)}"
        parts = [sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))]
        if template:
            original = template.parameters["dbname"]
            parts.append(sql.SQL("TEMPLATE {}").format(sql.Identifier(original)))
        try:
            self._cursor.execute(sql.SQL(" ").join(parts))
        except errors.InsufficientPrivilege:
            user = self._target.parameters.get("user", "this user")
            refused = StatementError(
                f"{user} may not make a scratch database on {self._target}",
                f"ALTER ROLE {user} CREATEDB, or use the embedded server: --embedded",
            )
            raise refused.but(sqlstate=errorcodes.INSUFFICIENT_PRIVILEGE) from None
        except errors.ObjectInUse as error:
            refused = StatementError(
                f"a scratch database cannot be made: {error.diag.message_primary}",
                "where a pooler is between, which keeps connections, connect to the server itself; "
                "or use the embedded server: --embedded",
            )
            raise refused.but(sqlstate=errorcodes.OBJECT_IN_USE) from None
        return Target({**self._target.parameters, "dbname": name}, self._target.source)

    def drop(self, made: Target) -> None:
        """Drop a database, whoever is connected to it."""
        _drop(self._cursor, made.parameters["dbname"])

    def roles(self) -> set[str]:
        """The roles of the server, which all of its databases share."""
        self._cursor.execute("SELECT rolname FROM pg_catalog.pg_roles")
        return {name for (name,) in self._cursor.fetchall()}

    def drop_roles(self, names: Iterable[str]) -> None:
        """Drop roles, but those that own something or have rights somewhere."""
        for name in names:
            with contextlib.suppress(psycopg2.Error):
                self._cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@contextlib.contextmanager
def open_scratch_databases(target: Target) -> Iterator[ScratchDatabases]:
    """Make databases on the server of a target; they are gone at the end.

    Those that a killed process left behind are dropped first.

    Raises:
        NoConnectionError: when the server cannot be reached.
    """
    name = _PREFIX + secrets.token_hex(6)
    error = None  # what the user knows is the target, which need not be there
    try:
        target.connect().close()
    except NoConnectionError as refused:
        error = refused
    with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
        _tidy(cursor)
        cursor.execute(_TRY, (_key(name),))
        try:
            yield ScratchDatabases(target.beside(connection), cursor, name)
        finally:
            cursor.execute(_LEFT_BEHIND, (f"^{name}_[0-9]+$",))
            for (each,) in cursor.fetchall():
                _drop(cursor, each)


def _tidy(cursor: Cursor) -> None:
    cursor.execute(_LEFT_BEHIND, (f"^{_PREFIX}[0-9a-f]{{12}}_[0-9]+$",))
    for (name,) in cursor.fetchall():
        owner = name.rpartition("_")[0]
        cursor.execute(_TRY, (_key(owner),))
        if cursor.fetchone() == (True,):
            with contextlib.suppress(psycopg2.Error):  # another user's, or gone meanwhile
                _drop(cursor, name)
            cursor.execute(_LET_GO, (_key(owner),))


def _key(name: str) -> int:
    """The number of the lock of a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


def _drop(cursor: Cursor, name: str) -> None:
    """Drop a database, when a session there that this user may not end is gone.

    Autovacuum's is one, which the server ends while it waits. Source: CountOtherDBBackends in
    src/backend/storage/ipc/procarray.c.
    """
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        cursor.execute(drop + sql.SQL(" WITH (FORCE)"))
    except errors.InsufficientPrivilege:
        cursor.execute(drop)


@contextlib.contextmanager
def scratch_session(made: Target) -> Iterator[ScratchSession]:
    """A connection to a database, and who looks at its statements."""
    with (
        contextlib.closing(made.connect()) as connection,
        queries_interruptible(),
        Watcher(made.connect, connection, interruptible=False) as watcher,
    ):
        yield ScratchSession(connection, watcher)


def build_schema(made: Target, migrations: Iterable[Migration], settings: Settings) -> None:
    """Run the UP sections of migrations, without a ledger.

    Raises:
        StatementError: for the first statement that fails.
    """
    with scratch_session(made) as (connection, watcher):
        for migration in migrations:
            step = Step(migration.version, UP, migration.up, migration.path)
            [*run_measured(connection, step, settings, watcher)]
