"""Databases for a while: made on a server, copied from each other, and dropped whatever happens."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import secrets
from typing import TYPE_CHECKING, Protocol

import psycopg2
from psycopg2 import errors, sql

from promptlib.core.errors import NoConnectionError, StatementError
from promptlib.core.interrupts import in_doubt
from promptlib.postgres.admin import maintenance_connection
from promptlib.postgres.driver import driver_errors_explained
from promptlib.verify.attempts import message_in_short
from promptlib.verify.build import run_setup
from promptlib.verify.place import may_make_databases, server_version
from promptlib.verify.reused import left_told, reused_database
from promptlib.verify.server_guard import ServerGuard, restore_from_journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.target import Target
    from promptlib.verify.place import ScratchPlace

_PREFIX = "promptlib_scratch_"
_LEFT_BEHIND = """
    SELECT datname, CASE WHEN datdba = current_user::regrole
                         THEN shobj_description(oid, 'pg_database') END
      FROM pg_database WHERE datname ~ %s ORDER BY datname
"""
_NOT_MADE = (errors.InsufficientPrivilege, errors.ObjectInUse, errors.InvalidCatalogName)
_JOURNAL = "_0"  # what is written down is a comment of the database of this number
# Who makes such databases holds a lock of their name: what nobody holds was left by a killed one.
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(%s)"
_LET_GO = "SELECT pg_catalog.pg_advisory_unlock(%s)"


class ScratchDatabases(Protocol):
    """Makes databases to try something in."""

    guard: ServerGuard

    @property
    def server(self) -> str:
        """Which PostgreSQL it is."""

    @property
    def makes_copies(self) -> bool:
        """Whether one can be a copy of another; else there is one alone, again and again."""

    def create(self, template: Target | None = None) -> Target:
        """Make a database: a copy of one that nobody is connected to, or as the setup leaves it.

        Raises:
            PromptlibError: when it cannot be made, or the setup fails.
        """

    def drop(self, made: Target) -> None:
        """Drop a database, whoever is connected to it."""


class _MadeDatabases:
    """Makes databases of one name with numbers behind it.

    Args:
        place: on the same server, for the same user.
        cursor: on one of the server's own databases, in autocommit.
        name: what theirs begin with.
    """

    makes_copies = True

    def __init__(self, place: ScratchPlace, cursor: Cursor, name: str) -> None:
        self._place = place
        self._cursor = cursor
        self._name = name
        self._numbers = itertools.count(1)
        self.guard = ServerGuard(cursor, self._write_down, is_for_trials=place.is_for_trials)

    @property
    def server(self) -> str:
        """Which PostgreSQL it is."""
        return server_version(self._cursor)

    def create(self, template: Target | None = None) -> Target:
        """As in ScratchDatabases."""
        name = f"{self._name}_{next(self._numbers)}"
        copied = template.database if template else self._place.template
        made = self._create(name, copied)
        if self._place.setup and not template:
            run_setup(made, self._place.setup, self.guard)
        return made

    def _create(self, name: str, template: str = "") -> Target:
        parts = [sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))]
        if template:
            parts.append(sql.SQL("TEMPLATE {}").format(sql.Identifier(template)))
        target = self._place.target
        try:
            self._cursor.execute(sql.SQL(" ").join(parts))
        except _NOT_MADE as error:
            raise _not_made(target, error, self._place.template) from None
        return target.of(name)

    def drop(self, made: Target) -> None:
        """As in ScratchDatabases."""
        _drop(self._cursor, made.database)

    def _write_down(self, text: str) -> None:
        """Keep a text for the next run, as the comment of a database that nobody works in."""
        name = f"{self._name}{_JOURNAL}"
        self._cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if not self._cursor.rowcount:
            self._create(name)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._cursor.execute(comment.format(sql.Identifier(name), sql.Literal(text)))


def _not_made(target: Target, error: psycopg2.Error, template: str) -> StatementError:
    """The error for a database that cannot be made."""
    said, user = message_in_short(error), target.parameters.get("user", "this user")
    if isinstance(error, errors.InvalidCatalogName) or (template and template in said):
        what = f"a scratch database cannot be made from the template {template}: {said}"
        remedy = "correct scratch_template, end the sessions there, or make it a template: ALTER "
        remedy += "DATABASE ... IS_TEMPLATE true"
    elif isinstance(error, errors.ObjectInUse):
        what = f"a scratch database cannot be made: {said}"
        remedy = "where a pooler is between, which keeps connections, connect to the server "
        remedy += "itself; or try it elsewhere: --embedded, or --scratch"
    else:
        what = f"{user} may not make a scratch database on {target}"
        remedy = f"ALTER ROLE {user} CREATEDB; or name an empty database of his with --scratch, or "
        remedy += "use the embedded server: --embedded"
    return StatementError(what, remedy).but(sqlstate=error.pgcode or "")


@contextlib.contextmanager
def open_scratch_databases(place: ScratchPlace) -> Iterator[ScratchDatabases]:
    """Make databases on a server; they are gone at the end, and the server is as it was.

    What a killed process left behind is put in order first.

    Raises:
        NoConnectionError: when the server cannot be reached, or is lost.
        PromptlibError: when the database that is named cannot be used.
    """
    with driver_errors_explained(), _scratch_databases(place) as scratch:
        yield scratch


@contextlib.contextmanager
def _scratch_databases(place: ScratchPlace) -> Iterator[ScratchDatabases]:
    if place.is_given and not may_make_databases(place.target):
        with reused_database(place) as reused:
            yield reused
        return
    name, target = _PREFIX + secrets.token_hex(6), place.target
    error = None  # what the user knows is the target, which need not be there
    try:
        target.connect().close()
    except NoConnectionError as refused:
        error = refused
    with maintenance_connection(target, error) as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_catalog, pg_temp")
        _tidy(cursor)
        cursor.execute(_TRY, (_key(name),))
        beside = place._replace(target=target.beside(connection))  # all of it on one server
        scratch = _MadeDatabases(beside, cursor, name)
        with in_doubt(left_told):
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
        cursor.execute(_TRY, (_key(owner),))
        if cursor.fetchone() == (True,):
            # Another user's, or gone meanwhile; the journal goes last.
            for name, journal in sorted(_left_behind(cursor, owner), reverse=True):
                with contextlib.suppress(psycopg2.Error):
                    if journal:
                        restore_from_journal(cursor, journal)
                    _drop(cursor, name)
            cursor.execute(_LET_GO, (_key(owner),))


def _key(name: str) -> int:
    """The number of the lock of a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


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
