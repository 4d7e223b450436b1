"""A new database that takes the place of another one, when it is whole, and not before.

Until then it has another name, and whatever happens the old one is as it was. Then both names
change in one transaction. What a killed process leaves is known by its name, and the next one
removes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import time

import psycopg2
from psycopg2 import errors, sql

from promptlib.core.errors import (
    ConfigurationError,
    LockNotAcquiredError,
    NoConnectionError,
    PlanRefusedError,
    StatementError,
)
from promptlib.core.interrupts import in_doubt
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.logs import Log
from promptlib.postgres.admin import (
    describe_contents,
    describe_others,
    is_invalid,
    maintenance_connection,
    others_connected,
    require_nothing_prepared,
)
from promptlib.postgres.database_properties import DatabaseProperties, read_properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor

    from promptlib.postgres.target import Target

_log = Log(__name__)
_NEW, _OLD = "promptlib_new_", "promptlib_old_"
_MARK = "made by promptlib, to take the place of another database; not whole yet"
_LONGEST_NAME = 63  # bytes
_LOOKS, _PAUSE = 20, 0.1  # at who is connected; seconds
_ATTEMPTS = 5  # at an exchange, while clients come back
# Names in full, operators too: see search_path.py.
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(%s)"
_MARKED = """
    SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database
     WHERE datname OPERATOR(pg_catalog.=) %s
"""
_SLOTS = """
    SELECT slot_name FROM pg_catalog.pg_replication_slots
     WHERE database OPERATOR(pg_catalog.=) %s
"""
_END = """
    SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
     WHERE datname OPERATOR(pg_catalog.=) %s
       AND pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
"""
# What initdb made has lower numbers.
_IS_EMPTY = """
    SELECT NOT (EXISTS (SELECT FROM pg_catalog.pg_class
                         WHERE oid OPERATOR(pg_catalog.>=) 16384)
             OR EXISTS (SELECT FROM pg_catalog.pg_proc WHERE oid OPERATOR(pg_catalog.>=) 16384)
             OR EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid OPERATOR(pg_catalog.>=) 16384)
             OR EXISTS (SELECT FROM pg_catalog.pg_namespace
                         WHERE oid OPERATOR(pg_catalog.>=) 16384
                           AND nspname OPERATOR(pg_catalog.!~) '^pg_(toast_)?temp_')
             OR EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata))
"""


def is_empty(target: Target) -> bool:
    """Whether nobody has made anything in a database."""
    with contextlib.closing(target.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_IS_EMPTY)
        return cursor.fetchone() == (True,)


def describe_losses(target: Target) -> list[str]:
    """Say what is lost when another database takes the place of this one; perhaps nothing."""
    told = []
    contents = describe_contents(target)
    if contents and not _is_known_to_be_empty(target):
        told.append(f"replaces {contents}")
    with maintenance_connection(target) as connection, connection.cursor() as cursor:
        old = _beside(_OLD, target)
        if read_properties(cursor, old.database):
            told.append(f"removes {describe_contents(old)}, which an earlier run replaced")
    return told


def _is_known_to_be_empty(target: Target) -> bool:
    try:
        return is_empty(target)
    except NoConnectionError:  # an invalid one
        return False


@contextlib.contextmanager
def open_replacement(target: Target, *, force: bool) -> Iterator[Replacement]:
    """Make an empty database, which may take the place of another one; else it is gone in the end.

    Args:
        target: the other one, which need not be there.
        force: whether sessions in it are ended.

    Raises:
        LockNotAcquiredError: when somebody else does the same just now.
        PlanRefusedError: when the other one could not be replaced.
    """
    refused = None
    try:
        target.connect().close()
    except NoConnectionError as error:
        refused = error
    name = target.database
    with maintenance_connection(target, refused) as connection, connection.cursor() as cursor:
        old = read_properties(cursor, name)
        if old and refused:
            if not is_invalid(cursor, name):
                raise refused
            cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            old = None
        if old and old.row["datistemplate"]:
            raise PlanRefusedError(
                f"{name} is a template, which cannot be removed",
                "let it be none: ALTER DATABASE ... IS_TEMPLATE false",
            )
        cursor.execute(_TRY, (_key(name),))
        if cursor.fetchone() != (True,):
            raise LockNotAcquiredError(
                f"{name} is being replaced by somebody else", "wait for that to end"
            )
        _require_free(cursor, name, force=force)
        new = _beside(_NEW, target)
        _remove_unfinished(cursor, new)
        made = Replacement(cursor, target, new, old)
        with in_doubt(made.doubt):
            made.create()
            try:
                yield made
            finally:
                made.remove_unless_done()


class Replacement:
    """A database that may take the place of another one.

    Args:
        cursor: on one of the server's own databases, in autocommit.
        target: the other one.
        new: what is made.
        old: the properties of the other one, if it is there.
    """

    def __init__(
        self, cursor: Cursor, target: Target, new: Target, old: DatabaseProperties | None
    ) -> None:
        self._cursor, self._target, self.target, self._old = cursor, target, new, old
        self._is_done = self._may_be_done = False

    def doubt(self) -> str:
        """What nobody would know if nobody looked after it any more."""
        if self._may_be_done:
            return f"whether a new database has taken the place of {self._target.database}"
        return f"whether {self._name} is left, which the next run removes"

    @property
    def _name(self) -> str:
        return self.target.database

    def create(self) -> None:
        """Make it, marked as not whole."""
        if self._old:
            self._cursor.execute(self._old.creation(self._name))
        else:
            self._execute("CREATE DATABASE {}", self._name)
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._cursor.execute(comment.format(sql.Identifier(self._name), sql.Literal(_MARK)))

    def take_properties(self) -> None:
        """Give it the settings and rights of the other one."""
        for statement in self._old.statements(self._name) if self._old else ():
            self._cursor.execute(statement)

    def take_place(self, *, force: bool) -> None:
        """Give it the other one's name, and remove that one.

        Args:
            force: whether sessions in the other one are ended.

        Raises:
            StatementError: when there are some; all is as it was.
        """
        old = _beside(_OLD, self._target).database
        if self._old:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", old)
        for left in reversed(range(_ATTEMPTS)):
            self._cursor.execute(_END, (self._name,))  # a pooler keeps those that we had there
            if force:
                self._cursor.execute(_END, (self._target.database,))
            try:
                self._exchange(old)
                break
            except errors.ObjectInUse:
                if not left or not force:
                    name = self._target.database
                    raise _occupied(self._cursor, name) from None
        self._is_done = True
        if self._old:
            self._remove_old(old)

    def _exchange(self, old: str) -> None:
        """Let both change their names, or none."""
        name = self._target.database
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._cursor.execute("BEGIN")
        self._may_be_done = True
        try:
            if self._old:
                self._cursor.execute(rename.format(*map(sql.Identifier, (name, old))))
            self._cursor.execute(rename.format(*map(sql.Identifier, (self._name, name))))
            words = sql.Literal(self._old.comment if self._old else None)
            self._cursor.execute(comment.format(sql.Identifier(name), words))
            self._cursor.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(psycopg2.Error):
                self._cursor.execute("ROLLBACK")
                self._may_be_done = False
            raise

    def _remove_old(self, old: str) -> None:
        try:
            self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", old)
        except psycopg2.Error as error:
            said = error.diag.message_primary or error
            _log.warning(
                "the old database is kept as %s, which could not be removed: %s", old, said
            )

    def remove_unless_done(self) -> None:
        """Remove it, if it did not take the other one's place."""
        if not self._is_done:
            with contextlib.suppress(psycopg2.Error):  # the connection may be lost
                self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._name)

    def _execute(self, statement: str, name: str) -> None:
        self._cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _beside(prefix: str, target: Target) -> Target:
    """A database whose name says which one it belongs to."""
    name = target.database
    if len(f"{prefix}{name}".encode()) > _LONGEST_NAME:
        name = hashlib.sha256(name.encode()).hexdigest()[:32]
    return target.of(prefix + name)


def _key(name: str) -> int:
    """The number of the lock of a database's name."""
    digest = hashlib.sha256(f"promptlib replaces {name}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _require_free(cursor: Cursor, name: str, *, force: bool) -> None:
    """Refuse early what could not be replaced in the end."""
    require_nothing_prepared(cursor, name)
    for left in reversed(range(_LOOKS)):
        if force or not others_connected(cursor, name):
            break
        if not left:
            raise _occupied(cursor, name)
        time.sleep(_PAUSE)  # a session of ours may not be quite gone
    cursor.execute(_SLOTS, (name,))
    if slots := [slot for (slot,) in cursor]:
        raise PlanRefusedError(
            f"others replicate {name}, by the slots {', '.join(slots)}", "drop these first"
        )


def _occupied(cursor: Cursor, name: str) -> StatementError:
    require_nothing_prepared(cursor, name)
    return describe_others(cursor, name).but(
        remedy="end these sessions, or let --force do so; nothing was replaced"
    )


def _remove_unfinished(cursor: Cursor, new: Target) -> None:
    """Remove what a killed process left; a database that only has the name is somebody's."""
    name = new.database
    cursor.execute(_MARKED, (name,))
    if not (found := cursor.fetchone()):
        return
    # Who was killed while the server made it could not mark it, nor put anything into it.
    if found[0] != _MARK and not (found[0] is None and is_empty(new)):
        raise ConfigurationError(
            f"there is a database {name} already, which promptlib did not make", "rename it"
        )
    _log.info("removing %s, which an earlier run left unfinished", name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    cursor.execute(drop.format(sql.Identifier(name)))
