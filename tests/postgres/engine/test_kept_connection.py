"""One connection, however often something is asked, until it is lost or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.engine.kept_connection import KeptConnection
from promptlib.ledger.names import LedgerNames
from promptlib.postgres.url import parse_url
from support.processes import until

if TYPE_CHECKING:
    from support.databases import Database


def _process(kept: KeptConnection) -> int:
    with kept.looking() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int((cursor.fetchone() or (0,))[0])


def test_a_connection_that_is_lost_is_opened_again(database: Database) -> None:
    kept = KeptConnection(parse_url(database.url, "here"), is_command=False)
    first = _process(kept)
    assert kept.read_ledger(LedgerNames()).schema == "public"
    assert _process(kept) == first
    database.query("SELECT pg_terminate_backend(%s)", first)
    until(lambda: not database.query("SELECT 1 FROM pg_stat_activity WHERE pid = %s", first))
    second = _process(kept)
    assert second != first
    kept.close()
    assert _process(kept) not in {first, second}
    kept.close()
