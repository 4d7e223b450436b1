"""A connection that is there: whether it still is, and to look at one moment through it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.postgres.connections import (
    autocommit_cursor,
    hang_up,
    is_lost,
    read_only_snapshot,
)

if TYPE_CHECKING:
    from support.databases import Database


def test_what_a_snapshot_shows_is_of_one_moment(database: Database) -> None:
    database.query("CREATE TABLE t (i int)")
    with contextlib.closing(database.connect()) as connection:
        with read_only_snapshot(connection) as cursor:
            cursor.execute("SELECT count(*) FROM t")
            database.query("INSERT INTO t VALUES (1)")
            cursor.execute("SELECT count(*) FROM t")
            assert cursor.fetchone() == (0,)
            with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
                cursor.execute("INSERT INTO t VALUES (2)")
        with autocommit_cursor(connection) as cursor:
            cursor.execute("INSERT INTO t VALUES (2)")
            assert database.value("SELECT count(*) FROM t") == 2


def test_whether_it_is_lost(database: Database) -> None:
    with contextlib.closing(database.connect()) as connection:
        assert not is_lost(connection)
        hang_up(connection)
        assert is_lost(connection)
    assert is_lost(connection)
