"""rows: all those of a database, and the columns that triggers set; tests/unit has differences."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promptlib.verify.rows import columns_set_by_triggers, read_rows, read_tables

if TYPE_CHECKING:
    from promptlib.verify.rows import TableRows
    from promptlib.verify.session import ScratchSession


def _read(session: ScratchSession) -> TableRows:
    tables = read_tables(session.connection)
    rows = read_rows(session.connection, tables)
    return {tables[number].name: rows[number] for number in rows}


def _run(session: ScratchSession, sql: str) -> None:
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_database_without_tables_has_none(session: ScratchSession) -> None:
    assert _read(session) == {}


def test_rows_do_not_depend_on_the_order_of_columns(session: ScratchSession) -> None:
    _run(session, "CREATE TABLE a AS SELECT 1 AS x, 'é' AS \"B\" FROM generate_series(1, 2)")
    before = _read(session)
    _run(session, "DROP TABLE a")
    _run(session, "CREATE TABLE a AS SELECT 'é' AS \"B\", 1 AS x FROM generate_series(1, 2)")
    assert _read(session) == before == {"public.a": Counter({'{"B":"é","x":1}': 2})}


def test_each_table_has_its_own_rows(session: ScratchSession) -> None:
    _run(
        session,
        """CREATE SCHEMA "S"; CREATE TABLE "S".a AS SELECT 1 AS i;
        CREATE TABLE parent (i int) PARTITION BY LIST (i);
        CREATE TABLE child PARTITION OF parent DEFAULT; INSERT INTO parent VALUES (2);
        CREATE TABLE none (); CREATE TEMP TABLE passing AS SELECT 3""",
    )
    assert _read(session) == {
        '"S".a': Counter(['{"i":1}']),
        "public.child": Counter(['{"i":2}']),
    }


def test_a_column_may_have_any_name(session: ScratchSession) -> None:
    _run(session, "CREATE TABLE a AS SELECT 1 AS i, 2 AS t")
    assert _read(session) == {"public.a": Counter(['{"i":1,"t":2}'])}


def test_keys(session: ScratchSession) -> None:
    _run(session, "CREATE TABLE a (i int, j int, PRIMARY KEY (j, i))")
    _run(session, "CREATE TABLE b (i int UNIQUE)")
    found = read_tables(session.connection).values()
    assert {each.name: {*each.key} for each in found} == {
        "public.a": {"i", "j"},
        "public.b": set(),
    }


def test_what_triggers_set(session: ScratchSession) -> None:
    _run(
        session,
        """CREATE TABLE a (id int PRIMARY KEY, name text, at text DEFAULT 'never');
        CREATE TABLE b (LIKE a INCLUDING ALL); INSERT INTO b VALUES (1); INSERT INTO a VALUES (1);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.at = 'now'; RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch()""",
    )
    before = _read(session)
    keys = {"public.a": ["id"], "public.b": ["id"]}
    touched = columns_set_by_triggers(session.connection, ["public.a", "public.b", "x.gone"], keys)
    assert {table: columns for table, columns in touched.items() if columns} == {"public.a": {"at"}}
    assert _read(session) == before


def test_many_tables_are_read_in_parts(session: ScratchSession) -> None:
    _run(
        session,
        """DO $$ BEGIN FOR n IN 1..95 LOOP
               EXECUTE format('CREATE TABLE t%s AS SELECT %s AS i', n, n);
           END LOOP; END $$""",
    )
    assert _read(session) == {f"public.t{n}": Counter({f'{{"i":{n}}}': 1}) for n in range(1, 96)}


def test_a_trigger_that_refuses_hides_no_other_table_s(session: ScratchSession) -> None:
    _run(
        session,
        """CREATE TABLE a (id int PRIMARY KEY, at text); CREATE TABLE b (LIKE a INCLUDING ALL);
        INSERT INTO b VALUES (1); INSERT INTO a VALUES (1);
        CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.at = 'now'; RETURN NEW; END $$;
        CREATE TRIGGER no BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION no();
        CREATE TRIGGER touch BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION touch()""",
    )
    found = columns_set_by_triggers(session.connection, ["public.a", "public.b"], {})
    assert found == {"public.a": set(), "public.b": {"at"}}


def test_a_trigger_finds_what_it_names_in_the_usual_search_path(session: ScratchSession) -> None:
    _run(
        session,
        """CREATE TABLE a (id int PRIMARY KEY, at text); INSERT INTO a VALUES (1);
        CREATE FUNCTION today() RETURNS text LANGUAGE sql AS $$ SELECT 'now' $$;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.at = today(); RETURN NEW; END $$;
        CREATE TRIGGER touch BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch()""",
    )
    assert columns_set_by_triggers(session.connection, ["public.a"], {}) == {"public.a": {"at"}}
