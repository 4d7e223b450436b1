"""samples: made-up rows that respect the constraints of their tables, the same ones each time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from promptlib.verify.rows import read_tables
from promptlib.verify.samples import SampleMaker, SampleRow, Samples

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptlib.verify.session import ScratchSession

pytestmark = pytest.mark.servers("newest", "oldest")


def _fill(
    session: ScratchSession, sql: str, count: int = 3, only: Collection[str] | None = None
) -> Samples:
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute(sql)
    tables = read_tables(session.connection)
    chosen = [each for each, table in tables.items() if only is None or table.name in only]
    return SampleMaker(count).fill(session, chosen)


def _values(made: Samples, table: str = "public.t") -> list[dict[str, object]]:
    return [json.loads(row.values) for row in made.rows if row.table == table]


@pytest.mark.parametrize(
    "columns",
    [
        "id serial PRIMARY KEY, name text NOT NULL UNIQUE",
        "status text NOT NULL CHECK (status IN ('new', 'it''s done'))",
        "n int NOT NULL CHECK (n BETWEEN 18 AND 99)",
        "mail text NOT NULL CHECK (mail ~ '@'), url text NOT NULL CHECK (url LIKE 'https://%')",
        "a int NOT NULL, b int NOT NULL, CHECK (a < b)",
        "during tstzrange NOT NULL, data jsonb NOT NULL, u uuid NOT NULL, at date NOT NULL",
        'i bigint GENERATED ALWAYS AS IDENTITY, "100%" int NOT NULL',
        "made int NOT NULL, t text NOT NULL",
        'b bool NOT NULL, c bpchar NOT NULL, d char(3) NOT NULL, e "char" NOT NULL, f bit[]',
        "b int2 NOT NULL, c float4 NOT NULL, d timetz NOT NULL, e interval(3) NOT NULL, f varbit",
    ],
)
def test_rows_respect_what_the_table_demands(session: ScratchSession, columns: str) -> None:
    made = _fill(session, f"CREATE TABLE t ({columns})")
    assert made.refused == {}
    assert [type(values) for values in _values(made)] == [dict] * 3


def test_rows_refer_to_rows(session: ScratchSession) -> None:
    made = _fill(
        session,
        """CREATE TABLE t (parent int NOT NULL, CHECK (parent > 0));
        CREATE TABLE z (id serial PRIMARY KEY);
        ALTER TABLE t ADD FOREIGN KEY (parent) REFERENCES z""",
    )
    assert made.refused == {}
    assert {row["parent"] for row in _values(made)} == {1, 2, 3}
    assert [row.table for row in made.rows] == ["public.z"] * 3 + ["public.t"] * 3


def test_a_partition_for_all_the_rest_takes_rows(session: ScratchSession) -> None:
    made = _fill(
        session,
        """CREATE TABLE t (d date) PARTITION BY RANGE (d);
        CREATE TABLE rest PARTITION OF t DEFAULT""",
    )
    assert (made.refused, len(_values(made))) == ({}, 3)


def test_the_same_rows_are_made_each_time(session: ScratchSession) -> None:
    table = "CREATE TABLE t (id serial PRIMARY KEY, a text UNIQUE, b date, c numeric CHECK (c < 5))"
    first = _fill(session, table)
    assert _fill(session, f"DROP TABLE t; {table}") == first


def test_only_what_is_missing_is_made(session: ScratchSession) -> None:
    made = _fill(session, "CREATE TABLE t (i int PRIMARY KEY); INSERT INTO t VALUES (700)")
    assert len(_values(made)) == 2
    assert _fill(session, "SELECT 1").rows == []
    assert _fill(session, "CREATE TABLE u (i int)", 0) == Samples([], {})


def test_some_tables_alone(session: ScratchSession) -> None:
    tables = "CREATE TABLE t (i int); CREATE TABLE u (i int)"
    assert {row.table for row in _fill(session, tables, only=["public.u"]).rows} == {"public.u"}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE t (i int CHECK (i < -77777) NOT NULL)", 'violates check constraint "t_i_'),
        ("CREATE TABLE t (i int NOT NULL REFERENCES u)", "no row to refer to in i"),
        (
            """CREATE TABLE t (i int);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()""",
            "a trigger or a rule takes no row",
        ),
    ],
)
def test_a_table_that_takes_none_is_named(session: ScratchSession, sql: str, said: str) -> None:
    unfilled = "CREATE TABLE u (id int PRIMARY KEY CHECK (id < -77777))"
    refused = _fill(session, f"{unfilled}; {sql}").refused
    assert said in refused["public.t"]


def test_rows_are_put_back_as_far_as_their_columns_are_there(session: ScratchSession) -> None:
    made = _fill(session, 'CREATE TABLE t (id serial PRIMARY KEY, "50%" text, gone int)')
    assert len(made.rows) == 3
    rows = [*made.rows, SampleRow("public.gone", "{}")]
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("DELETE FROM t; ALTER TABLE t DROP gone, ADD fresh int DEFAULT 7")
    SampleMaker(3).put_back(session.connection, rows)
    with session.connection.cursor() as cursor:
        cursor.execute('SELECT id, "50%%", fresh FROM public.t ORDER BY id', ())
        found = cursor.fetchall()
    assert found == [(row["id"], row["50%"], None) for row in _values(made)]


_LOGGED = """
CREATE TABLE held (locks bigint);
CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO held SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid(); RETURN new;
END $$;
DO $$ BEGIN
    FOR n IN 100..{} LOOP
        EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, c text CHECK (length(c) > 3),'
                       ' d int UNIQUE CHECK (d > -5 AND d <> 0))', n);
        EXECUTE format('CREATE TRIGGER counted AFTER INSERT ON t%s'
                       ' FOR EACH ROW EXECUTE FUNCTION counted()', n);
    END LOOP;
END $$;
"""


def test_many_tables_take_no_more_locks_than_some(session: ScratchSession) -> None:
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute(_LOGGED.format(219))
    made = SampleMaker(3, ["public.held"]).fill(session)
    assert (made.refused, len(made.rows)) == ({}, 360)
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("SELECT max(locks) FROM held")
        ((most,),) = cursor.fetchall()
    assert most < 300  # of 120 tables with three rows, two indexes and a sequence each


def test_a_table_that_took_none_is_not_tried_over_and_over(session: ScratchSession) -> None:
    maker = SampleMaker(3)
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int NOT NULL CHECK (i < -77777)); CREATE SEQUENCE tries;")
        cursor.execute(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM nextval('tries'); RETURN new; END $$;"
            " CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"
        )
    first = maker.fill(session)
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM tries")
        tried = cursor.fetchall()
    assert maker.fill(session) == first
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM tries")
        assert cursor.fetchall() == tried
        cursor.execute("ALTER TABLE t DROP CONSTRAINT t_i_check")
    assert maker.fill(session).refused == {}


def test_some_tables_get_none(session: ScratchSession) -> None:
    with session.connection, session.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int); CREATE TABLE u (i int)")
    made = SampleMaker(3, ["public.t"]).fill(session)
    assert {row.table for row in made.rows} == {"public.u"}
