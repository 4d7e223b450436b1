"""Which tables the text of migrations makes."""

from __future__ import annotations

import pytest

from promptlib.autogenerate.own_tables import OwnTables
from promptlib.files.parser import parse_section


def own(*sections: str) -> set[str]:
    parts = [parse_section(f"-- UP\n{text}") for text in sections]
    keys = OwnTables(parts, "public").keys
    return {".".join(filter(None, key)) for key in keys}


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (["CREATE TABLE a (i int); create table if not exists B ()"], "a b"),
        (['CREATE UNLOGGED TABLE public."A b" (); CREATE TABLE c AS SELECT 1'], "A b,c"),
        (["CREATE TABLE app.a (); CREATE TABLE other.a ()"], "app.a other.a"),
        (["CREATE TABLE a (); CREATE TABLE b ()", "DROP TABLE IF EXISTS a, c"], "b"),
        (["CREATE TABLE a ()", "DROP TABLE public.a CASCADE"], ""),
        (["CREATE TABLE a ()", "ALTER TABLE a RENAME TO b", "ALTER TABLE b RENAME c TO d"], "b"),
        (["CREATE TABLE a (); ALTER TABLE IF EXISTS ONLY a RENAME TO b; DROP TABLE b"], ""),
        (["CREATE TABLE a (); ALTER TABLE a SET SCHEMA app"], "app.a"),
        (["CREATE TABLE app.a (); ALTER TABLE app.a RENAME TO b"], "app.b"),
        (["CREATE TABLE app.a (); ALTER SCHEMA app RENAME TO lib"], "lib.a"),
        (["CREATE TABLE app.a (); CREATE TABLE a (); DROP SCHEMA app CASCADE"], "a"),
        (["CREATE TABLE a (); DROP TABLE a; CREATE TABLE a ()"], "a"),
        (["SET search_path = app, public; CREATE TABLE a ()", "CREATE TABLE b ()"], "app.a b"),
        (["SET LOCAL search_path TO 'app'; CREATE TABLE a (); RESET search_path;"], "app.a"),
        (
            ['SET search_path TO "$user", app; CREATE TABLE a (); ALTER TABLE a RENAME TO b'],
            "app.b",
        ),
        (["SET search_path TO app; SET search_path TO DEFAULT; CREATE TABLE a ()"], "a"),
        (["SET search_path TO app, public; CREATE TABLE public.a (); DROP TABLE a"], ""),
        (["CREATE TABLE app.a (); CREATE TABLE a (); DROP TABLE a"], "app.a"),
        (["CREATE TEMP TABLE a (); CREATE VIEW v AS SELECT 1; CREATE TABLE pg_temp.b ()"], ""),
        (["/* CREATE TABLE a (); */ INSERT INTO x VALUES ('CREATE TABLE b ()')"], ""),
        (["DO $$ BEGIN CREATE TABLE a (); END $$"], ""),
    ],
)
def test_tables_that_are_made_and_not_dropped(sections: list[str], expected: str) -> None:
    assert own(*sections) == {*expected.split("," if "," in expected else None)}
