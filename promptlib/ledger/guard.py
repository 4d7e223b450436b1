"""Makes sure that what a deploy records stays in the ledger, before it is committed.

By dynamic SQL, which no text shows, a section may put a trigger or a rule on the ledger, or another
table in its place: then its record would go nowhere, and the deploy would end well.
"""

from __future__ import annotations

import re

from psycopg2 import errors

from promptlib.core.light import TYPE_CHECKING
from promptlib.ledger.names import VERSION_TABLE
from promptlib.ledger.tables import EQUALS
from promptlib.syntax.lexemes import quote_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg2

    from promptlib.ledger.tables import LedgerSql

_WORD = re.compile(r"\w+")
_SOUND = "promptlib finds unchanged: "
# What a table must be for a row to stay that is written to it; trust.py asks for more. A sentence
# is no integer: thus it fails, in less time than a block of PL/pgSQL would take.
_GUARD = f"""SELECT CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.<) {{count}} THEN
    pg_catalog.concat('{_SOUND}', pg_catalog.string_agg(relname::pg_catalog.text, ' '))::integer END
  FROM pg_catalog.pg_class c
 WHERE oid {EQUALS} ANY (ARRAY[{{oids}}]::pg_catalog.oid[])
   AND oid {EQUALS} ANY (ARRAY[{{tables}}])
   AND relpersistence {EQUALS} 'p' AND NOT (relhasrules OR relrowsecurity OR {{triggers}});"""
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

    Attributes:
        sql: the statement to be sent behind a record, which fails where that may not stay.
    """

    def __init__(self, tables: LedgerSql, oids: Sequence[int], *, may_have_triggers: bool) -> None:
        self._names = (*tables.names.tables, VERSION_TABLE)
        self.sql = _GUARD.format(
            count=len(self._names),
            oids=", ".join(map(str, oids)),
            tables=_oids(tables),
            triggers=_HAS_TRIGGERS if may_have_triggers else _MAY_HAVE_TRIGGERS,
        )

    def changed(self, error: psycopg2.Error) -> list[str]:
        """The tables that it did not find as they were; none, where the error is another one."""
        said = error.diag.message_primary or ""
        if not isinstance(error, errors.InvalidTextRepresentation) or _SOUND not in said:
            return []
        sound = _WORD.findall(said.partition(_SOUND)[2])  # each language has other quotes
        return [name for name in self._names if name not in sound]


def guarded(tables: LedgerSql) -> str:
    """Two expressions: the oids of the ledger's tables, and whether one may have triggers."""
    oids = f"ARRAY[{_oids(tables)}]"
    found = f"pg_catalog.pg_class WHERE oid {EQUALS} ANY ({oids}) AND {_MAY_HAVE_TRIGGERS}"
    return f"{oids}::pg_catalog.int8[], EXISTS (SELECT FROM {found})"


def _oids(tables: LedgerSql) -> str:
    names = map(quote_literal, (tables.migrations, tables.events, tables.deploys, tables.version))
    return ", ".join(f"{each}::pg_catalog.regclass::pg_catalog.oid" for each in names)
