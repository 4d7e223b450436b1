"""Every kind of object that verify knows: a baseline and a squashed file make it, and undo it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.config.settings import Settings
from promptlib.consolidate.sections import write_sections
from promptlib.consolidate.squash import choose_squash, try_squash
from promptlib.files.directory import list_migrations
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from support.objects import BASE, CASES

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

# What is not in the database alone, or is its setting, which no pg_dump of it tells.
_BEYOND = ("setting of the database",)


@pytest.fixture
def everything(database: Database) -> list[str]:
    """Statements for every kind of object, as far as they bear each other."""
    other = database.server.create()
    try:
        other.query(BASE)
        found = [BASE]
        for name, case in CASES.items():
            if name not in _BEYOND:
                with contextlib.suppress(psycopg2.Error):
                    other.query(case.up)
                    found.append(f"{case.up};")
        return found
    finally:
        database.server.drop(other.name)


def test_squash(project: Project, database: Database, everything: list[str]) -> None:
    for number, statement in enumerate(everything):
        project.add(f"202501010001{number:02}", statement)
    last = list_migrations(project.folder / "sql")[-1].version
    chosen = choose_squash(list_migrations(project.folder / "sql"), last)
    one = try_squash(chosen, Settings(), ScratchPlace(parse_url(database.url, "the test")))
    assert len(one.up.statements) > len(everything)


def test_baseline(project: Project, database: Database, everything: list[str]) -> None:
    for statement in everything:
        database.query(statement)
    project.promptlib("baseline")
    assert "1 executed" in project.promptlib("status").stdout
    other = database.server.create()
    try:
        project.url = other.url
        project.promptlib("migrate")
        assert database.tables() == other.tables()
    finally:
        database.server.drop(other.name)


def test_what_guards_rows_whatever_is_there(database: Database) -> None:
    """A type of a name that it uses, and a table whose name would end it."""
    database.query("CREATE SCHEMA traps; CREATE TYPE traps.record AS ()")
    database.query('CREATE TABLE ";$guard$ $$" (i int PRIMARY KEY)')
    with contextlib.closing(database.connect()) as connection:
        target = parse_url(database.url, "the test")
        guard, *rest = write_sections(connection, target, []).down
        assert len(rest) == 4  # the key, the table and the schema with its type
        cursor = connection.cursor()
        cursor.execute(
            f"SET search_path = traps, pg_catalog; {guard}"
            'INSERT INTO public.";$guard$ $$" VALUES (1)'
        )
        with pytest.raises(psycopg2.errors.RaiseException, match=r'public\.";.*" holds 1 rows'):
            cursor.execute(guard)
