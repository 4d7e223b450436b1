"""Makes sure that what a deploy records stays in the ledger, before it is committed.

By dynamic SQL, which no text shows, a section may put a trigger or a rule on the ledger, or another
table in its place: then its record would go nowhere, and the deploy would end well.
"""

from __future__ import annotations

import re

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.tables import EQUALS
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg2

    from promptlib.ledger.tables import LedgerSql

_NO_INTEGER = "22P02"  # invalid_text_representation
_CHANGED = "promptlib finds changed: "
_NAMED = re.compile(rf"{_CHANGED}(\w+)")  # behind it are quotes, in each language others
# What a table must be for a row to stay that is written to it; trust.py asks for more. A sentence
# is no integer: thus it fails, in less time than a block of PL/pgSQL would take. Behind WHERE the
# server would estimate of each condition how many rows it leaves.
_GUARD = f"""SELECT CASE WHEN relhasrules OR relrowsecurity OR {{triggers}}
    OR relpersistence OPERATOR(pg_catalog.<>) 'p' OR oid OPERATOR(pg_catalog.<>) ALL ('{{oids}}')
    THEN pg_catalog.concat('{_CHANGED}', relname)::integer END
 FROM pg_catalog.pg_class c WHERE oid {EQUALS} ANY ({{tables}});"""
# What is to be there for a change of it to be one.
_EVENT = f"""SELECT pg_catalog.concat('{_CHANGED}', {{name}})::integer
 WHERE NOT EXISTS (SELECT FROM {{events}} WHERE id {EQUALS} {{event}});"""
# Which is never false where there is one; behind the last one it may stay true, until VACUUM comes.
_MAY_HAVE_TRIGGERS = "relhastriggers"
_HAS_TRIGGERS = f"""relhastriggers AND EXISTS (
       SELECT FROM pg_catalog.pg_trigger WHERE tgrelid {EQUALS} c.oid AND NOT tgisinternal)"""


class RecordGuard:
    """The tables that a deploy writes, as they were when it began.

    Args:
        tables: of the ledger.
        oids: theirs, in any order.
        may_have_triggers: whether one seems to have triggers, which none has.
    """

    def __init__(self, tables: LedgerSql, oids: Sequence[int], *, may_have_triggers: bool) -> None:
        self._tables = tables
        self._guard = _GUARD.format(
            tables=_oids(tables),
            triggers=_HAS_TRIGGERS if may_have_triggers else _MAY_HAVE_TRIGGERS,
            oids=f"{{{','.join(map(str, oids))}}}",
        )

    def sql(self, event: int = 0) -> list[str]:
        """The statements that are to be sent behind a record, and fail where that may not stay.

        Args:
            event: the id of the event that was changed; 0: none was.
        """
        if not event:
            return [self._guard]
        name, events = quote_literal(self._tables.names.events), self._tables.events
        return [self._guard, _EVENT.format(name=name, events=events, event=event)]

    @staticmethod
    def changed(error: psycopg2.Error) -> str:
        """The table that it found changed; nothing, where the error is another one."""
        found = error.pgcode == _NO_INTEGER and _NAMED.search(error.diag.message_primary or "")
        return found[1] if found else ""


def guarded(tables: LedgerSql) -> str:
    """Two expressions: the oids of the ledger's tables, and whether one may have triggers."""
    found = f"pg_catalog.pg_class WHERE oid {EQUALS} ANY ({_oids(tables)})"
    return (
        f"ARRAY(SELECT oid::pg_catalog.int8 FROM {found}),"
        f" EXISTS (SELECT FROM {found} AND {_MAY_HAVE_TRIGGERS})"
    )


def _oids(tables: LedgerSql) -> str:
    names = tables.migrations, tables.events, tables.deploys, tables.version
    first, *others = map(quote_literal, names)
    return f"ARRAY[{first}::pg_catalog.regclass, {', '.join(others)}]"
