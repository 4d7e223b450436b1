"""The SQL runs byte for byte as written, in one transaction a migration, on every server."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import NullPool, create_engine, text

from support import inside
from support.projects import full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

# What the file says, and a query for what the database must then hold.
_EXACT = {
    "colon-name": ("SELECT ':name'::text AS v", ":name"),
    "json-colon": ("""SELECT '{"a":true}'::text AS v""", '{"a":true}'),
    "cast": ("""SELECT ('{"a":true}'::jsonb)::text AS v""", '{"a": true}'),
    "percent": ("SELECT '100% %s %(a)s %%'::text AS v", "100% %s %(a)s %%"),
    "modulo": ("SELECT (7 % 4)::text AS v", "3"),
    "backslash": (r"SELECT 'a\b\n'::text AS v", r"a\b\n"),
    "escape-string": (r"SELECT E'a\'b;\\'::text AS v", "a'b;\\"),
    "continued-escape-string": ("SELECT E'a'\n  'b\\''::text AS v", "ab'"),
    "doubled-quote": ("SELECT 'it''s; -- no'::text AS v", "it's; -- no"),
    "dollar-quote": ("SELECT $$a;'b$$::text AS v", "a;'b"),
    "tagged-dollar-quote": ("SELECT $q$a $$ ;$q$::text AS v", "a $$ ;"),
    "unicode-tag": ("SELECT $größe$a$größe$::text AS v", "a"),
    "nested-comment": ("SELECT /* a /* ; */ ; */ 'x'::text AS v", "x"),
    "unicode": ("SELECT '😀 ünï \u2028 ﬁ'::text AS v", "😀 ünï \u2028 ﬁ"),
    "unicode-escape": ("SELECT U&'\\0041;'::text AS v", "A;"),
    "marker-in-string": ("SELECT 'a\n-- DOWN\nb'::text AS v", "a\n-- DOWN\nb"),
    "marker-in-dollar-quote": ("SELECT $$\n-- DOWN\n$$::text AS v", "\n-- DOWN\n"),
    "carriage-return": ("SELECT 'a\r\nb\rc'::text AS v", "a\r\nb\rc"),
    "quoted-name": ('SELECT "a;b"::text AS v FROM (SELECT 1 AS "a;b") x', "1"),
    "array-slice": ("SELECT (ARRAY[1,2,3])[1:2]::text AS v", "{1,2}"),
    "operators": ("SELECT ('{\"a\":{\"b\":1}}'::jsonb #>> '{a,b}') AS v", "1"),
}


def test_sql_runs_as_written(project: Project, database: Database) -> None:
    for number, (select, _) in enumerate(_EXACT.values(), start=1):
        text = f"-- UP\nCREATE TABLE t{number} AS\n{select};\n-- DOWN\nDROP TABLE t{number}"
        project.write(f"{full(number)}_x.sql", text)
    inside.alembic(project, "upgrade", "head")
    rows = {
        name: (select, database.value(f"SELECT v FROM t{number}"))
        for number, (name, (select, _)) in enumerate(_EXACT.items(), start=1)
    }
    assert rows == _EXACT


def test_function_bodies_keep_their_text(project: Project, database: Database) -> None:
    body = "\nDECLARE x int := 5 % 3;\nBEGIN\n  -- DOWN\n  RETURN ':a %s'; -- ;\nEND\n"
    project.add(
        1,
        f"CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $f${body}$f$;\n"
        "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC\n"
        "  SELECT CASE WHEN true THEN 1 END;\n"
        "  -- DOWN\n"
        "  SELECT 2 AS end;\n"
        "END;\n"
        "CREATE TABLE after_them (i int);",
        "DROP FUNCTION f(); DROP FUNCTION g(); DROP TABLE after_them;",
    )
    inside.alembic(project, "upgrade", "head")
    assert database.value("SELECT prosrc FROM pg_proc WHERE proname = 'f'") == body
    assert database.value("SELECT g()") == 2
    assert "after_them" in database.tables()
    inside.alembic(project, "downgrade", "base")
    assert database.value("SELECT count(*) FROM pg_proc WHERE proname IN ('f', 'g')") == 0


def test_a_comment_before_a_statement_is_sent_with_it(project: Project, database: Database) -> None:
    """Extensions such as pg_hint_plan read it there."""
    project.add(
        1, "CREATE TABLE t AS /*+ hint */ SELECT 1;\n/* head */ CREATE VIEW v AS\nSELECT 1;"
    )
    project.add(2, "/*+ hint */\nINSERT INTO q SELECT current_query();", name="y")
    project.write(
        "20250101000000_q.sql", "-- UP\nCREATE TABLE q (v text);\n-- DOWN\nDROP TABLE q;\n"
    )
    inside.alembic(project, "upgrade", "head")
    assert database.value("SELECT v FROM q").startswith("/*+ hint */\nINSERT")


def test_a_failing_migration_leaves_nothing_and_those_before_it_stay(
    project: Project, database: Database
) -> None:
    project.add(1, "CREATE TABLE kept (i int);")
    project.add(2, "CREATE TABLE gone (i int);\nINSERT INTO kept VALUES (1);\nSELECT 1/0;")
    project.add(3, "CREATE TABLE never (i int);")
    inside.alembic(project, "upgrade", "head", ok=False)
    assert database.tables() == {"alembic_version", "kept"}
    assert database.value("SELECT count(*) FROM kept") == 0
    assert database.value("SELECT version_num FROM alembic_version") == "20250101000001"


def test_a_version_row_that_cannot_be_written_takes_its_migration_back(
    project: Project, database: Database
) -> None:
    project.add(1, "CREATE TABLE kept (i int);")
    project.add(2, "CREATE TABLE gone (i int);\nUPDATE alembic_version SET version_num = 'x';")
    inside.alembic(project, "upgrade", "head", ok=False)
    assert database.tables() == {"alembic_version", "kept"}
    assert database.value("SELECT version_num FROM alembic_version") == "20250101000001"


def test_a_failing_downgrade_leaves_its_migration_applied(
    project: Project, database: Database
) -> None:
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;\nSELECT 1/0;")
    inside.alembic(project, "upgrade", "head")
    inside.alembic(project, "downgrade", "base", ok=False)
    assert "a" in database.tables()
    assert database.value("SELECT version_num FROM alembic_version") == "20250101000001"


def test_a_constraint_checked_at_commit_is_an_error_of_its_migration(
    project: Project, database: Database
) -> None:
    project.add(
        1,
        "CREATE TABLE a (i int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO a VALUES (8642), (8642);",
    )
    result = inside.alembic(project, "upgrade", "head", ok=False)
    assert result.stderr.startswith("sql/20250101000001_x.sql: duplicate key value violates")
    assert "detail: Key (i)=(***) already exists." in result.stderr
    assert "8642" not in result.stdout + result.stderr
    assert "upgrade  " not in result.stderr
    assert database.tables() == {"alembic_version"}


def test_outside_a_transaction_each_statement_takes_effect_by_itself(
    project: Project, database: Database
) -> None:
    project.write(
        "20250101000001_x.sql",
        "-- UP transaction:false\n"
        "CREATE TABLE a (i int);\n"
        "CREATE INDEX CONCURRENTLY a_i ON a (i);\n"
        "VACUUM a;\n"
        "-- DOWN transaction:false\n"
        "DROP INDEX CONCURRENTLY a_i;\n"
        "DROP TABLE a;\n",
    )
    inside.alembic(project, "upgrade", "head")
    assert database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_i'::regclass")
    inside.alembic(project, "downgrade", "base")
    assert database.tables() == {"alembic_version"}


def test_outside_a_transaction_a_failure_says_what_stays(
    project: Project, database: Database
) -> None:
    project.write(
        "20250101000001_x.sql",
        "-- UP transaction:false\nCREATE TABLE a (i int);\nSELECT 1/0;\n-- DOWN\nDROP TABLE a;\n",
    )
    result = inside.alembic(project, "upgrade", "head", ok=False)
    assert "sql/20250101000001_x.sql:3:" in result.stderr
    assert "the statements before it took effect, and are not run again" in result.stderr
    assert database.tables() == {"alembic_version", "a"}
    assert database.value("SELECT count(*) FROM alembic_version") == 0


def test_what_a_migration_sets_does_not_reach_the_next(
    project: Project, database: Database
) -> None:
    """A dump begins by emptying the search_path, which would hide alembic_version."""
    project.add(
        1,
        "SET statement_timeout = '1234ms';\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        "CREATE TABLE public.a (i int);",
    )
    project.add(2, "CREATE TABLE b AS SELECT current_setting('statement_timeout') AS t;")
    inside.alembic(project, "upgrade", "head")
    assert database.value("SELECT t FROM public.b") == "0"


def test_lock_timeout_holds_for_its_section_alone(project: Project, database: Database) -> None:
    show = "CREATE TABLE {} AS SELECT current_setting('lock_timeout') AS t;"
    project.write(
        "20250101000001_x.sql",
        f"-- UP lock_timeout:1500ms\n{show.format('a')}\n-- DOWN\nSELECT 1;\n",
    )
    project.write(
        "20250101000002_x.sql",
        f"-- UP transaction:false lock_timeout:2s\n{show.format('b')}\n-- DOWN\nSELECT 1;\n",
    )
    project.add(3, show.format("c"))
    inside.alembic(project, "upgrade", "head")
    values = [database.value(f"SELECT t FROM {table}") for table in "abc"]
    assert values == ["1500ms", "2s", "5s"]


def test_a_failure_leaves_no_setting_on_a_caller_s_connection(
    project: Project, database: Database
) -> None:
    config = Config(project.folder / "alembic.ini", cmd_opts=Namespace(x=["allow_data_loss=on"]))
    for number, options in enumerate(("", " transaction:false"), start=1):
        project.write(
            f"{full(number)}_x.sql",
            f"-- UP lock_timeout:9s{options}\nSET work_mem = '1MB';\nSELECT 1/0;\n"
            "-- DOWN\nSELECT 1;\n",
        )
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            with pytest.raises(CommandError, match="division by zero"):
                command.upgrade(config, "head")
            assert [
                connection.scalar(text(f"SELECT current_setting('{name}', true)"))
                for name in ("lock_timeout", "work_mem", "promptlib.allow_data_loss")
            ] in (["0", "4MB", ""], ["0", "4MB", None])
        (project.folder / "sql" / f"{full(number)}_x.sql").unlink()


def test_a_lock_that_is_held_ends_in_an_error_after_lock_timeout(
    project: Project, database: Database
) -> None:
    database.query("CREATE TABLE busy (i int)")
    project.write(
        "20250101000001_x.sql",
        "-- UP lock_timeout:50ms\nALTER TABLE busy ADD j int;\n-- DOWN\nSELECT 1;\n",
    )
    holder = database.connect()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE busy")
    result = inside.alembic(project, "-x", "lock_attempts=1", "upgrade", "head", ok=False)
    holder.close()
    assert "sql/20250101000001_x.sql:2:1: canceling statement due to lock timeout" in result.stderr


def test_allow_data_loss_reaches_the_sections_only_when_asked_for(
    project: Project, database: Database
) -> None:
    show = "INSERT INTO seen SELECT current_setting('promptlib.allow_data_loss', true);"
    database.query("CREATE TABLE seen (v text)")
    project.add(1, show, show)
    inside.alembic(project, "upgrade", "head")
    inside.alembic(project, "-x", "allow_data_loss=on", "downgrade", "base")
    assert database.query("SELECT v FROM seen") == [(None,), ("on",)]
    refused = inside.alembic(project, "-x", "allow_data_loss=yes", "upgrade", "head", ok=False)
    assert refused.stderr == "-x allow_data_loss cannot be 'yes'; write on or off\n"


def test_notices_are_shown(project: Project) -> None:
    project.add(1, "DO $$ BEGIN RAISE NOTICE '% rows mended', 3; END $$;")
    assert "NOTICE: 3 rows mended" in inside.alembic(project, "upgrade", "head").stderr


def test_a_notice_shows_no_line_of_the_statement(project: Project) -> None:
    project.add(
        1,
        "SET standard_conforming_strings = off;\nSELECT 'sekrit\\\\';\n"
        "DO $$ BEGIN RAISE NOTICE E'one\\n  two'; END $$;",
    )
    said = inside.alembic(project, "upgrade", "head", ok=None).stderr
    assert "nonstandard use of \\\\ in a string literal HINT: Use the escape string" in said
    assert "NOTICE: one two" in said
    assert "sekrit" not in said


def test_a_caller_s_connection_in_another_encoding(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE t (v text);\nINSERT INTO t VALUES ('größe');")
    project.add(2, "SELECT 1;\nSELECT '😀';")
    made = create_engine(database.engine.url, client_encoding="latin1", poolclass=NullPool)
    config = Config(project.folder / "alembic.ini", attributes={"connection": made})
    with pytest.raises(CommandError, match=r"sql/\d+_x.sql:3:1: .*'s encoding, LATIN1, lacks; "):
        command.upgrade(config, "head")
    assert database.query("SELECT v FROM t") == [("größe",)]


def test_a_database_in_another_encoding(project: Project, database: Database) -> None:
    name = f"{database.name}_latin"
    database.query(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        url = project.url.replace(database.name, name)
        project.add(1, "CREATE TABLE t AS SELECT 'größe'::text AS v;")
        project.alembic("upgrade", "head", DATABASE_URL=url, PGCLIENTENCODING="SQL_ASCII")
        bytes_ = project.alembic("current", DATABASE_URL=url).stdout
        assert bytes_ == "20250101000001 (head)\n"
        project.add(2, "CREATE TABLE gone (i int);\nSELECT 'ü';\nSELECT '€', 1;\nSELECT 'ä';")
        failed = project.alembic("upgrade", "head", ok=False, DATABASE_URL=url).stderr
        assert failed.startswith("sql/20250101000002_x.sql:4:1: character with byte sequence")
    finally:
        database.server.drop(name)
