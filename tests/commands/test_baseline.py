"""`promptlib baseline`: the first migration of a database that has none."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from support.holding import Hold

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_SCHEMA = """
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
                    state varchar(9) CHECK (state IN ('on', 'off')));
INSERT INTO users (name) VALUES ('somebody');
CREATE VIEW names AS SELECT name FROM users;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM users;
"""


@pytest.fixture
def old(project: Project, database: Database) -> Project:
    """A project without migrations, and its database, which somebody made by hand."""
    database.query(_SCHEMA)
    return project


def _files(project: Project) -> list[str]:
    return sorted(each.name for each in (project.folder / "sql").iterdir())


def test_what_is_there_becomes_the_first_migration(old: Project, database: Database) -> None:
    path = old.promptlib("baseline", "what was there").stdout.strip()
    assert path.endswith("_what_was_there.sql")
    assert path.startswith("sql/")
    text = (old.folder / path).read_text()
    assert "somebody" not in text
    assert "\\restrict" not in text
    assert "1 executed" in old.promptlib("status").stdout
    assert old.promptlib("migrate").stderr.endswith("(head)\n")
    assert database.value("SELECT count(*) FROM users") == 1
    refused = old.promptlib("rollback", ok=False)
    assert "public.users holds 1 rows that no migration made" in refused.stderr
    other = database.server.create()
    try:
        old.url = other.url
        old.promptlib("migrate")
        assert other.tables() == database.tables()
        assert other.query("SELECT * FROM kept") == [(0,)]
        old.promptlib("rollback")
        assert other.tables() == {"alembic_version"}
    finally:
        database.server.drop(other.name)


def test_what_is_not_the_beginning(old: Project, database: Database) -> None:
    path = old.add(1, "SELECT 1;")
    refused = old.promptlib("baseline", ok=False)
    assert refused.stderr.startswith("sql/20250101000001_x.sql: is there already")
    path.unlink()
    old.promptlib("baseline")
    (name,) = _files(old)
    assert "is there already" in old.promptlib("baseline", ok=False).stderr
    (old.folder / "sql" / name).unlink()
    assert "migrations ran here" in old.promptlib("baseline", ok=False).stderr
    assert database.value("SELECT count(*) FROM migrations") == 1


def test_what_would_make_something_else_is_refused(old: Project, database: Database) -> None:
    """Here it is the scratch database that has more than a new one."""
    (old.folder / "setup.sql").write_text("CREATE TABLE extra (i int)")
    refused = old.promptlib("baseline", "--scratch-setup", "setup.sql", ok=False)
    assert "the baseline would make something else than this database holds" in refused.stderr
    assert "+ table public.extra" in refused.stderr
    assert _files(old) == []
    assert database.query("SELECT to_regclass('migrations')") == [(None,)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_killed(old: Project, database: Database, number: int) -> None:
    """While it waits for the ledger: the database is as it was; the next one says what to do."""
    old.promptlib("migrate")  # makes the ledger
    with (
        Hold(database, "LOCK migration_deploys") as hold,
        old.start("promptlib", "baseline") as it,
    ):
        hold.blocks()
        it.signal(number)
        it.ends(None)
    assert database.value("SELECT count(*) FROM migrations") == 0
    if number == signal.SIGTERM:
        assert _files(old) == []
    for each in _files(old):
        refused = old.promptlib("baseline", ok=False)
        assert "where a baseline was cut off, and this is its file, remove it" in refused.stderr
        (old.folder / "sql" / each).unlink()
    old.promptlib("baseline")
    assert "1 executed" in old.promptlib("status").stdout
