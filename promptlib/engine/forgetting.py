"""Takes out of a session what a section leaves there behind its transaction.

It costs no message of its own: the SQL goes with what is sent anyhow.
"""

from __future__ import annotations

import os

from promptlib.core.light import TYPE_CHECKING
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg2.extensions import cursor as Cursor

    from promptlib.engine.context import Connections

# DISCARD ALL does the same, but in no transaction, nor among others in a message. Source:
# https://www.postgresql.org/docs/current/sql-discard.html
_WHO = ("RESET SESSION AUTHORIZATION;", "RESET ROLE;")
_RESET = (*_WHO, "RESET ALL;")
_LEFT = ("CLOSE ALL;", "UNLISTEN *;", "DISCARD TEMP;", "DISCARD SEQUENCES;")
# In a session of psql's, whose settings, role and locks are its user's.
LEFT_IN_SESSION = (*_LEFT, "DEALLOCATE ALL;")
_DATES = "SET datestyle = 'ISO';"  # as psycopg2 wants them
_UNLOCK = "SELECT pg_catalog.pg_advisory_unlock_all();"
# A pooler may have prepared others for its clients, by the protocol, and would not know.
_DEALLOCATE = """DO $promptlib$ DECLARE prepared pg_catalog.text; BEGIN
    FOR prepared IN SELECT name FROM pg_catalog.pg_prepared_statements WHERE from_sql LOOP
        EXECUTE pg_catalog.format('DEALLOCATE %I', prepared);
    END LOOP;
END $promptlib$;"""
# What is set in the session: those that a transaction sets by itself cannot be set again. Of the
# form x.y there may be more, which the server does not list.
_SET = """
    SELECT name, setting FROM pg_catalog.pg_settings
     WHERE source OPERATOR(pg_catalog.=) 'session' AND name OPERATOR(pg_catalog.<>) ALL (ARRAY[
               'transaction_isolation', 'transaction_read_only', 'transaction_deferrable'])
     UNION ALL
    SELECT name, pg_catalog.current_setting(name)
      FROM pg_catalog.unnest(ARRAY['session_authorization', 'role']) n (name)"""


class OwnSession:
    """A session that nobody else has.

    Attributes:
        ourselves: the statements that make it ours again, whatever role a section has set.
    """

    ourselves: Sequence[str] = _WHO

    def look(self, cursor: Cursor) -> None:
        """See what is set there that is to stay: nothing, but what it began with.

        Args:
            cursor: in a transaction in which nothing has run.
        """

    def forget(self, *, keeps_locks: bool = False) -> list[str]:
        """The statements that take out what a section has left.

        Args:
            keeps_locks: whether the session's locks stay.
        """
        locks = [] if keeps_locks else [_UNLOCK]
        return [*_RESET, _DATES, *LEFT_IN_SESSION, *locks, _new_seed()]

    @staticmethod
    def discard() -> list[str]:
        """Statements that commit and do the same, fewer, each of which is a message by itself."""
        # A role that the connection began with is not given back by each version of a server.
        ours = ("RESET ROLE;", _DATES, _new_seed())
        return ["COMMIT;", "DISCARD ALL;", "BEGIN;", *ours, "COMMIT AND CHAIN;"]


class PooledSession(OwnSession):
    """A session that a pooler gives to one client after the other: what it has set there stays."""

    _restored: Sequence[str] = ()

    def look(self, cursor: Cursor) -> None:
        """See what is set there that is to stay.

        Args:
            cursor: in a transaction in which nothing has run.
        """
        cursor.execute(_SET)
        *settings, authorization, role = cursor.fetchall()
        who = _set([authorization, role])
        self._restored, self.ourselves = [_set(settings), who], [*_WHO, who]

    def forget(self, *, keeps_locks: bool = False) -> list[str]:
        """The statements that take out what a section has left.

        Args:
            keeps_locks: whether the session's locks stay.
        """
        locks = [] if keeps_locks else [_UNLOCK]
        return [*_RESET, *self._restored, *_LEFT, _DEALLOCATE, *locks, _new_seed()]


def session_of(connections: Connections, *, is_pooled: bool) -> OwnSession | None:
    """What takes out of a deploy's session what a section leaves there.

    Args:
        connections: of the deploy; where a program passed one of its own, it has the session.
        is_pooled: whether a pooler stands between.
    """
    if not connections.owned:
        return None
    return PooledSession() if is_pooled else OwnSession()


def _new_seed() -> str:
    """A statement, another one each time: behind setseed() random() would give the same again."""
    # The server would take ten times as long to choose it.
    return f"SET seed = {int.from_bytes(os.urandom(4), signed=True) / (1 << 31):.10f};"


def _set(settings: Iterable[tuple[str, str]]) -> str:
    """A statement that sets them in the session, one after the other; nothing for none."""
    calls = ", ".join(
        f"pg_catalog.set_config({quote_literal(name)}, {quote_literal(value)}, false)"
        for name, value in settings
    )
    return f"SELECT {calls};" if calls else ""
