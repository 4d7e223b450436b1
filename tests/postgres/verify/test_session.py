"""session: a connection to a scratch database, which closes with the block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.scratch import database_session

if TYPE_CHECKING:
    from support.databases import Database


def test_the_connection_ends_with_the_block(database: Database) -> None:
    with database_session(database) as session:
        with session.watcher.statement(0), session.connection.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchall() == [(database.name,)]
        assert not session.connection.closed
    assert session.connection.closed
