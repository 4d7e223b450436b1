"""Statements sent together or one by one: what is told of a failure is the same."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

import pytest

from promptlib import Event, Migrator, PromptlibError
from promptlib.core.events import Kind
from support.projects import ONE
from support.sending import sent

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

_BODY = "RETURNS int LANGUAGE plpgsql AS $$ BEGIN\n  SELCT 'größe'; END $$"
pytestmark = pytest.mark.servers("newest", "oldest")
_SEED, _SECTIONS = 20, 18
_EVENTS = "SELECT version, outcome, count(*) FROM migration_events GROUP BY 1, 2"
_PASSES = [
    "CREATE TABLE t{n} (i int)",
    "/* größe 😀 */ INSERT INTO base VALUES (1{n}, 'ü😀')",
    "SELECT i, 'größe' FROM generate_series(1, 200) i",
    "DO $$ BEGIN RAISE NOTICE 'noted {n}'; END $$",
    "INSERT INTO ruled VALUES ({n})",
    "UPDATE base SET t = 'x' WHERE false RETURNING *",
    "CREATE FUNCTION f{n}() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "SET LOCAL search_path = public",
    "SET standard_conforming_strings = on",
    "SELECT 1 AS x{n}_{long}",
    "LOCK TABLE base",
]
_FAILS = [
    "SELCT {n}",
    "SELECT 'größe 😀' AS x, {n} nope nope",
    "SELECT 1 / (SELECT 0)",
    "SELECT\n  nope{n} FROM base",
    "INSERT INTO base VALUES (1, 'sekrit'), (1, 'sekrit')",
    r"SELECT E'\xff'",
    r"SELECT U&'\0000'",
    "CREATE FUNCTION bad{n}() " + _BODY,
    "CREATE FUNCTION bad{n}() RETURNS int LANGUAGE sql AS 'SELECT ''a'', nope'",
    "DO $$ BEGIN SELCT; END $$",
    "DO $$ BEGIN EXECUTE 'SELCT 1'; END $$",
    "DO $$ BEGIN COMMIT; END $$",
    "DO $$ BEGIN RAISE 'refused' USING HINT = 'no'; END $$",
    "VACUUM base",
    "CREATE INDEX CONCURRENTLY ON base (i)",
    "SELECT 'sekrit'::int",
    "SELECT convert_from('\\xff', 'UTF8')",
    "CREATE TABLE base (i int)",
    "SELECT nope(1)",
    "CREATE VIEW v AS SELECT nope FROM base",
    "COPY base FROM '/nonexistent/file'",
]
_LONG = "y" * 70  # a name that is cut, of which the server gives notice


class Told(NamedTuple):
    """What is told of a deploy: of its failure, and meanwhile."""

    error: str
    statement: str
    state: str
    notices: list[str]


def _section(random: Random) -> str:
    """Statements, among them one or two that fail."""
    chosen = random.choices(_PASSES, k=random.randrange(6))
    for bad in random.choices(_FAILS, k=random.choice((1, 1, 2))):
        chosen.insert(random.randrange(len(chosen) + 1), bad)
        if random.random() < 0.2:  # a twin, whose text is in the message as well
            chosen.append(bad)
    made = [each.replace("{n}", str(n)).replace("{long}", _LONG) for n, each in enumerate(chosen)]
    return random.choice((";\n", "; -- why\n\n")).join(made) + random.choice(("", ";"))


class _Deploys:
    """Deploys on one connection, and what they tell."""

    def __init__(self, project: Project) -> None:
        self.notices = list[str]()
        self.migrator = Migrator(
            project.url, config=str(project.folder / "alembic.ini"), progress=self._hear
        )

    def _hear(self, event: Event) -> None:
        # What the server notes when it reads a message comes before anything in it runs.
        if event.kind is Kind.NOTICE and "truncated" not in event.message:
            self.notices.append(event.message)

    def told(self, way: str) -> Told:
        self.notices = []
        with sent(way), pytest.raises(PromptlibError) as raised:
            self.migrator.migrate()
        error = raised.value
        statement, state = (getattr(error, name, "") for name in ("statement", "sqlstate"))
        return Told(str(error), statement, state, self.notices)


def test_a_failure_is_told_in_the_same_words(project: Project, database: Database) -> None:
    database.query(
        "CREATE TABLE base (i int UNIQUE, t text); CREATE TABLE ruled (i int);"
        "CREATE RULE also AS ON INSERT TO ruled DO ALSO (SELECT new.i; SELECT 'x', new.i);"
    )
    random, deploys = Random(_SEED), _Deploys(project)
    with deploys.migrator:
        for _ in range(_SECTIONS):
            section = _section(random)
            project.add(1, section)
            assert deploys.told("together") == deploys.told("singly"), section
    assert database.tables() == {"alembic_version", "base", "ruled"}
    # Where each had to be sent alone to tell, that was no attempt of its own.
    assert database.query(_EVENTS) == [(ONE, "failed", 2 * _SECTIONS)]


@pytest.mark.parametrize("way", ["together", "singly"])
@pytest.mark.parametrize(
    ("name", "value"), [("standard_conforming_strings", "off"), ("client_encoding", "LATIN1")]
)
def test_what_a_function_sets_holds_for_the_next_statement(
    project: Project, database: Database, name: str, value: str, way: str
) -> None:
    database.query(
        "CREATE FUNCTION change() RETURNS text LANGUAGE sql AS"
        f" $$ SELECT pg_catalog.set_config('{name}', '{value}', true) $$"
    )
    project.add(1, "CREATE TABLE a (t text); SELECT change(); INSERT INTO a VALUES ('\\\\ä');")
    with sent(way), _Deploys(project).migrator as migrator:
        migrator.migrate()
    expected = {"off": "\\ä", "LATIN1": "\\\\Ã¤"}
    assert database.query("SELECT t FROM a") == [(expected[value],)]
