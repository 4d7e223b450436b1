"""Scratch databases are gone at the end, whoever looked into them."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg2

from promptlib.postgres.target import Target
from promptlib.verify.place import ScratchPlace
from promptlib.verify.scratch import open_scratch_databases
from support.processes import until

if TYPE_CHECKING:
    from support.databases import Database

_DROPPING = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s"


def test_another_s_session_is_waited_for(database: Database) -> None:
    """Only a superuser may end a superuser's, and autovacuum is one."""
    database.server.role("maker", "LOGIN CREATEDB")
    maker = Target(database.server.parameters(user="maker", dbname=database.name), "the test")
    with open_scratch_databases(ScratchPlace(maker)) as scratch, ThreadPoolExecutor() as pool:
        made = scratch.create()
        name = made.parameters["dbname"]
        there = database.server.dsn(dbname=name)
        with contextlib.closing(psycopg2.connect(there)) as superusers:
            dropped = pool.submit(scratch.drop, made)
            until(lambda: database.query(_DROPPING, f'DROP DATABASE %"{name}"'))
            superusers.close()
            dropped.result()
    asked = "SELECT count(*) FROM pg_database WHERE datname = %s"
    assert database.value(asked, name) == 0
