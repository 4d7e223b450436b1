"""Databases for a while: made on a server, copied from each other, and dropped whatever happens."""

from __future__ import annotations

import contextlib
import itertools
import secrets
from typing import TYPE_CHECKING, NamedTuple

import psycopg2
from psycopg2 import errorcodes, errors, sql

from promptlib.core.errors import NoConnectionError, StatementError
from promptlib.engine.runner import Step
from promptlib.ledger.tables import UP
from promptlib.postgres.admin import maintenance_connection
from promptlib.postgres.target import Target
from promptlib.verify.measure import run_measured
from promptlib.verify.server_guard import ServerGuard, restore_from_journal
from promptlib.verify.session import scratch_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.config.settings import Settings
    from promptlib.files.parser import Migration

_PREFIX = "promptlib_scratch_"
_LEFT_BEHIND = """
    SELECT datname, CASE WHEN datdba = current_user::regrole
                         THEN shobj_description(oid, 'pg_database') END
      FROM pg_database WHERE datname ~ %s ORDER BY datname
"""
_JOURNAL = "_0"  # what is written down is a comment of the database of this number
# Who makes such databases holds a lock of their name: what nobody holds was left by a killed one.
_TRY, _LET_GO = "SELECT pg_try_advisory_lock({})", "SELECT pg_advisory_unlock({})"
_KEY = "('x' || left(md5(%s), 16))::bit(64)::bigint"


class ScratchPlace(NamedTuple):
    """Where scratch databases are made.

    Attributes:
        target: a database on the server; it is not touched itself.
        is_for_trials: whether nobody else is harmed when roles of the server change for a while.
    """

    target: Target
    is_for_trials: bool = False


class ScratchDatabases:
    """Makes databases of one name with numbers behind it.

    Args:
        place: on the same server, for the same user.
        cursor: on one of the server's own databases, in autocommit.
        name: what theirs begin with.
    """

    def __init__(self, place: ScratchPlace, cursor: Cursor, name: str) -> None:
        self._target = place.target
        self._cursor = cursor
        self._name = name
        self._numbers = itertools.count(1)
        self.guard = ServerGuard(cursor, self._write_down, is_for_trials=place.is_for_trials)

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
        return self._create(f"{self._name}_{next(self._numbers)}", template)

    def _create(self, name: str, template: Target | None = None) -> Target:
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

    def _write_down(self, text: str) -> None:
        """Keep a text for the next run, as the comment of a database that nobody works in."""
        name = f"{self._name}{_JOURNAL}"
        self._cursor.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", (name,))
        if not self._cursor.rowcount:
            self._create(name)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._cursor.execute(comment.format(sql.Identifier(name), sql.Literal(text)))


@contextlib.contextmanager
def open_scratch_databases(place: ScratchPlace) -> Iterator[ScratchDatabases]:
    """Make databases on a server; they are gone at the end, and the server is as it was.

    What a killed process left behind is put in order first.

    Raises:
        NoConnectionError: when the server cannot be reached.
    """
    name, target = _PREFIX + secrets.token_hex(6), place.target
    error = None  # what the user knows is the target, which need not be there
    try:
        target.connect().close()
    except NoConnectionError as refused:
        error = refused
    with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_catalog, pg_temp")
        _tidy(cursor)
        cursor.execute(_TRY.format(_KEY), (name,))
        scratch = ScratchDatabases(place, cursor, name)
        try:
            yield scratch
        finally:
            journal = f"{name}{_JOURNAL}"
            left = [each for each, *_ in _left_behind(cursor, name) if each != journal]
            for each in left:
                _drop(cursor, each)
            scratch.guard.put_all_back()
            _drop(cursor, journal)


def _tidy(cursor: Cursor) -> None:
    """Drop the databases of killed processes, and undo what these had written down."""
    found = _left_behind(cursor, f"{_PREFIX}[0-9a-f]{{12}}")
    for owner in sorted({name.rpartition("_")[0] for name, *_ in found}):
        cursor.execute(_TRY.format(_KEY), (owner,))
        if cursor.fetchone() == (True,):
            # Another user's, or gone meanwhile; the journal goes last.
            for name, journal in sorted(_left_behind(cursor, owner), reverse=True):
                with contextlib.suppress(psycopg2.Error):
                    if journal:
                        restore_from_journal(cursor, journal)
                    _drop(cursor, name)
            cursor.execute(_LET_GO.format(_KEY), (owner,))


def _left_behind(cursor: Cursor, name: str) -> list[tuple[str, str]]:
    """Databases with what was written down; what another user wrote is not his to say."""
    cursor.execute(_LEFT_BEHIND, (f"^{name}_[0-9]+$",))
    return cursor.fetchall()


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


def build_schema(
    made: Target, migrations: Iterable[Migration], settings: Settings, guard: ServerGuard
) -> None:
    """Run the UP sections of migrations, without a ledger.

    Raises:
        StatementError: for the first statement that fails.
        FindingError: for the first one that would change what other databases share.
    """
    with scratch_session(made, guard) as session:
        for migration in migrations:
            step = Step(migration.version, UP, migration.up, migration.path)
            [*run_measured(session, step, settings)]
