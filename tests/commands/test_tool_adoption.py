"""`promptlib adopt` of databases that other tools migrated, by the files imported from these."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from promptlib.files.origin import read_origin
from support.ledgers import applied, current
from support.projects import ROOT, Project
from support.tool_databases import LEFT, leave_database

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

_TOOLS = ROOT / "tests" / "data" / "tools"
_RAN = 3  # of the four migrations of each tool


class _Left:
    """A project with a tool's migrations, imported, and the database that the tool left."""

    def __init__(self, tool: str, folder: Path, database: Database) -> None:
        self.tool, self.database = tool, database
        self.project = Project.copy(folder, database.url)
        old = self.project.folder / "old"
        shutil.copytree(_TOOLS / tool, old)
        source = "old/structure.sql" if tool == "rails" else "old"
        self.project.promptlib("import", tool, source, "--yes")
        paths = sorted((self.project.folder / "sql").glob("*.sql"))
        self.files = [path.name[:14] for path in paths]
        origins = [read_origin(path.read_bytes()) for path in paths]
        self.versions = [each.versions for each in origins if each]
        self.table = LEFT[tool]

    def run(self, count: int) -> None:
        """Let the tool run its first migrations; what they make is what the imported ones do."""
        self.project.promptlib("migrate", f"+{count}")
        ran = [each for versions in self.versions[:count] for each in versions]
        leave_database(self.tool, self.database, ran)

    def rows(self) -> list[tuple[object, ...]]:
        return self.database.query(f"SELECT t::text FROM {self.table.name} t ORDER BY 1")

    def adopt(self, *options: str, ok: bool = True) -> str:
        said = self.project.promptlib("adopt", "--yes", *options, ok=ok)
        return said.stdout + said.stderr


@pytest.fixture
def left(request: pytest.FixtureRequest, tmp_path: Path, database: Database) -> _Left:
    return _Left(request.param, tmp_path, database)


@pytest.mark.parametrize("left", LEFT, indirect=True)
def test_what_ran_counts_and_the_rest_runs(left: _Left) -> None:
    """Nothing runs twice, and nothing is lost; the tool's table stays as it is."""
    count = min(_RAN, len(left.files))
    left.run(count)
    before = left.rows()
    for command in (["migrate"], ["rollback"]):
        said = left.project.promptlib(*command, ok=False).stderr
        assert said.endswith("go on: promptlib adopt\n") or "Alembic ran: promptlib adopt" in said
    dry = left.adopt("--dry-run")
    assert f"which {left.tool} left:" in dry
    assert dry.endswith("nothing was changed\n")
    assert left.adopt().endswith(f"adopted; the database is at {left.files[count - 1]}\n")
    assert applied(left.database) == left.files[:count]
    if left.tool != "alembic":
        assert left.rows() == before
    assert "there is nothing to adopt" in left.adopt()
    left.project.promptlib("migrate")
    assert applied(left.database) == left.files
    assert current(left.database) == left.files[-1:]
    assert "not executed" not in left.project.promptlib("status", "--exit-code").stdout


@pytest.mark.parametrize("left", ["goose"], indirect=True)
def test_times_are_taken_over(left: _Left) -> None:
    left.run(2)
    left.database.query("UPDATE goose_db_version SET tstamp = '2024-05-06 07:08:09'")
    left.adopt()
    found = left.project.document("status")["migrations"]
    assert [each["executed_at"] for each in found] == [
        *["2024-05-06T07:08:09.000Z"] * 2,
        None,
        None,
    ]


@pytest.mark.parametrize("left", ["goose"], indirect=True)
def test_what_was_taken_back_did_not_run(left: _Left) -> None:
    left.run(2)
    left.database.query("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, false)")
    left.adopt()
    assert applied(left.database) == left.files[:1]


@pytest.mark.parametrize(
    ("left", "sql", "said"),
    [
        ("golang-migrate", "UPDATE schema_migrations SET dirty = true", r"says that 2 failed"),
        ("sqlx", "UPDATE _sqlx_migrations SET success = false", r"says that \d+, \d+ failed"),
        (
            "flyway",
            "UPDATE flyway_schema_history SET success = false WHERE installed_rank = 2",
            r"says that 1\.1 failed, and nobody knows how far it came; mend that with flyway",
        ),
        (
            "golang-migrate",
            "UPDATE schema_migrations SET version = 77",
            r"is at 77, and no file in sql says that it was imported from that; import the newest",
        ),
        (
            "alembic",
            "INSERT INTO alembic_version VALUES ('0123456789ab')",
            r"names .*: branches that were not merged; bring the database to one head",
        ),
    ],
    indirect=["left"],
)
def test_where_it_is_not_clear_what_ran_nothing_is_written(
    left: _Left, sql: str, said: str
) -> None:
    left.run(2)
    left.database.query(sql)
    told = left.adopt(ok=False)
    assert re.search(said, told), told
    assert "migrations" not in left.database.tables()


@pytest.mark.parametrize("left", ["rails"], indirect=True)
def test_a_baseline_of_which_a_part_ran(left: _Left) -> None:
    left.run(1)
    left.database.query("DELETE FROM schema_migrations WHERE version = '20240304050607'")
    said = left.adopt(ok=False)
    assert "of which 20240304050607 did not run here; run these with rails first" in said


@pytest.mark.parametrize("left", ["flyway"], indirect=True)
def test_flyway_s_baseline_undo_and_repeatable_rows(left: _Left) -> None:
    left.run(3)
    row = LEFT["flyway"].insert.replace("'{0}'", "{0}").replace("'SQL'", "'{2}'")
    left.database.query("DELETE FROM flyway_schema_history")
    for rank, (version, kind) in enumerate(
        [("'1.1'", "BASELINE"), ("'2.0'", "SQL"), ("NULL", "SQL"), ("'2.0'", "UNDO_SQL")], start=1
    ):
        left.database.query(row.format(version, rank, kind))
    left.adopt("--no-compare")
    assert applied(left.database) == left.files[:2]


@pytest.mark.parametrize("left", ["dbmate"], indirect=True)
def test_a_database_that_holds_something_else(left: _Left) -> None:
    left.run(3)
    left.database.query("DROP TABLE users CASCADE")
    said = left.adopt(ok=False)
    assert "the database does not hold what the migrations make that ran on it" in said
    assert "migrations" not in left.database.tables()


@pytest.mark.parametrize("left", ["dbmate"], indirect=True)
def test_a_table_of_another_name_or_another_s(left: _Left) -> None:
    left.run(3)
    left.database.query("CREATE SCHEMA old; ALTER TABLE schema_migrations SET SCHEMA old")
    assert "there is nothing to adopt" in left.adopt()
    assert "left no table in a schema of the search_path" in left.adopt("--from", "dbmate")
    for named in ("schema_migrations", "old.schema_migration", '"old', "a.b.c.d", "pg_class", " "):
        said = left.adopt("--table", named, ok=False)
        assert f"there is no table {named} with the columns of a migration tool's" in said
    left.database.query("CREATE VIEW schema_migrations AS TABLE old.schema_migrations")
    assert "public.schema_migrations is no table" in left.adopt(ok=False)
    left.database.query("DROP VIEW schema_migrations")
    left.database.server.role("promptlib_stranger")
    left.database.query("GRANT CREATE, USAGE ON SCHEMA old TO promptlib_stranger")
    left.database.query("ALTER TABLE old.schema_migrations OWNER TO promptlib_stranger")
    table = ("--table", "old.schema_migrations", "--from", "dbmate")
    said = left.adopt(*table, ok=False)
    assert "old.schema_migrations belongs to promptlib_stranger, who is neither" in said
    left.database.query("ALTER TABLE old.schema_migrations OWNER TO postgres")
    assert "adopted; " in left.adopt(*table)


# Whoever reads what is so made runs functions of somebody's, or believes him; each is refused.
_HOSTILE = {
    """
    CREATE VIEW schema_migrations WITH (security_barrier) AS
    SELECT version FROM theirs WHERE evil()
    """: "is no table",
    """
    CREATE FOREIGN DATA WRAPPER w;
    CREATE SERVER s FOREIGN DATA WRAPPER w;
    CREATE FOREIGN TABLE schema_migrations (version varchar) SERVER s
    """: "is no table",
    "CREATE TABLE schema_migrations (version varchar) PARTITION BY LIST (version)": "is no table",
    """
    CREATE TYPE theirs_too AS ENUM ('1');
    ALTER TYPE theirs_too OWNER TO promptlib_stranger;
    CREATE FUNCTION evil(theirs_too) RETURNS text LANGUAGE sql AS $$ SELECT evil()::text $$;
    CREATE CAST (theirs_too AS text) WITH FUNCTION evil(theirs_too);
    CREATE TABLE schema_migrations (version theirs_too);
    INSERT INTO schema_migrations VALUES ('1')
    """: "rests on the type theirs_too, which belongs to promptlib_stranger",
    """
    CREATE TABLE schema_migrations (version varchar);
    ALTER TABLE schema_migrations OWNER TO promptlib_stranger
    """: "belongs to promptlib_stranger",
}


@pytest.mark.parametrize("left", ["dbmate"], indirect=True)
def test_what_a_stranger_made_is_neither_read_nor_in_the_way(left: _Left) -> None:
    database = left.database
    left.run(1)
    database.server.role("promptlib_stranger", "LOGIN")
    database.query(
        "CREATE FUNCTION evil() RETURNS boolean LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;"
        " ALTER TABLE schema_migrations RENAME TO theirs"
    )
    for made, said in _HOSTILE.items():
        database.query(made)
        for command in (["migrate"], ["adopt", "--yes"]):
            told = left.project.promptlib(*command, ok=False).stderr
            assert f"schema_migrations {said}" in told or "take that over" in told
            assert "ran as" not in told
        kind = database.value("SELECT relkind FROM pg_class WHERE relname = 'schema_migrations'")
        word = {"v": "VIEW", "f": "FOREIGN TABLE"}.get(kind, "TABLE")
        database.query(f"DROP {word} schema_migrations")
    database.query("ALTER TABLE theirs RENAME TO schema_migrations")
    # A trigger runs where somebody writes, which we do not; and other tools are other people's.
    database.query(
        "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
        " CREATE TRIGGER t BEFORE INSERT ON schema_migrations EXECUTE FUNCTION told()"
    )
    database.query(
        f"{LEFT['goose'].create}; ALTER TABLE goose_db_version OWNER TO promptlib_stranger"
    )
    assert "adopted; " in left.adopt()
    left.project.promptlib("migrate")
    assert applied(database) == left.files


@pytest.mark.parametrize("left", ["dbmate"], indirect=True)
def test_rows_that_policies_hide(left: _Left) -> None:
    """What does not show would run twice."""
    left.run(1)
    left.database.server.role("promptlib_team")
    left.database.server.role("promptlib_member", "LOGIN CREATEDB IN ROLE promptlib_team")
    left.database.query(
        "GRANT ALL ON SCHEMA public TO promptlib_member;"
        " ALTER TABLE schema_migrations OWNER TO promptlib_team;"
        " ALTER TABLE schema_migrations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
    )
    left.project.url = left.database.url.replace("postgres@", "promptlib_member@")
    assert "schema_migrations has policies, which may hide rows" in left.adopt(ok=False)


@pytest.mark.parametrize("left", ["goose"], indirect=True)
def test_a_tool_that_goes_on(left: _Left) -> None:
    """What it ran since then does not run again; and what a rollback took back here does."""
    left.run(2)
    left.database.query("DELETE FROM goose_db_version WHERE version_id = 2")
    left.adopt()
    left.database.query(left.table.insert.format(2, 2))
    project = left.project
    for refused in (
        project.promptlib("migrate", ok=False),
        project.alembic("upgrade", "head", ok=False),
    ):
        said = refused.stderr
        assert f"goose has run {left.files[1]} here, as public.goose_db_version says" in said
    assert "adopted; " in left.adopt()
    assert applied(left.database) == left.files[:2]
    project.promptlib("rollback")
    assert "there is nothing to adopt" in left.adopt("--no-compare")
    project.promptlib("migrate")
    assert applied(left.database) == left.files


def test_files_that_were_never_imported(three: Project, database: Database) -> None:
    """Nothing here came from that tool, which may be another service's: migrate is free to run."""
    database.query(LEFT["goose"].create)
    said = three.promptlib("adopt", "--yes").stderr
    assert (
        "there is public.goose_db_version (goose?), and no file here was imported from that" in said
    )
    three.promptlib("migrate")


@pytest.mark.parametrize("left", ["goose"], indirect=True)
def test_a_tool_that_ran_nothing(left: _Left) -> None:
    """Its table is there and empty: all files are pending, once that is known."""
    left.database.query(LEFT["goose"].create)
    assert "take that over" in left.project.promptlib("migrate", ok=False).stderr
    assert left.adopt().endswith("adopted; the database is at base\n")
    left.project.promptlib("migrate")
    assert applied(left.database) == left.files
