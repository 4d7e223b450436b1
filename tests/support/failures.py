"""Statements that fail, each for another reason, with data that nobody may see in the error."""
# ruff: noqa: E501 - a table

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg2.extensions import Diagnostics

if TYPE_CHECKING:
    import psycopg2

SECRET = "geheim"  # in every text of the data
NUMBER = "73417"  # in every number of it
VALUE = f"{SECRET}{NUMBER}"

SETUP = f"""
CREATE TYPE mood AS ENUM ('good');
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
CREATE TABLE people (
  id int, name text, tricky text, moment text,
  CONSTRAINT people_id UNIQUE (id), CONSTRAINT people_name UNIQUE (name),
  CONSTRAINT people_short CHECK (length(name) < 30), during int4range,
  CONSTRAINT people_during EXCLUDE USING gist (during WITH &&), hostile text
);
INSERT INTO people VALUES
  ({NUMBER}, '{VALUE}', E'a" {SECRET} »«','{NUMBER}-13-45', '[{NUMBER},{NUMBER}0)',
   E'integer" {SECRET} »" {SECRET}"\\nSQL {SECRET} "\\nCOPY 3: {SECRET}) = ({SECRET} '' {SECRET}');
CREATE TABLE children (
  parent int CONSTRAINT children_parent REFERENCES people (id), note text NOT NULL
);
CREATE TABLE parts (a int, b text) PARTITION BY LIST (lower(b));
CREATE TABLE part PARTITION OF parts FOR VALUES IN ('x');
CREATE VIEW small AS SELECT * FROM people WHERE id < 10 WITH CHECK OPTION;
CREATE FUNCTION strict_name(wanted text) RETURNS int LANGUAGE plpgsql AS $$
#print_strict_params on
DECLARE found int;
BEGIN SELECT id INTO STRICT found FROM people WHERE name = wanted || '!'; RETURN found; END $$;
CREATE FUNCTION cast_in_sql(text) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1::int';
CREATE FUNCTION put(text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('INSERT INTO children VALUES (%s, %L)', {NUMBER}1, $1); END $$;
CREATE FUNCTION on_child() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN EXECUTE format('SELECT %L::int, %s', new.note, new.parent); RETURN new; END $$;
CREATE TRIGGER on_child BEFORE UPDATE ON children FOR EACH ROW EXECUTE FUNCTION on_child();
INSERT INTO children VALUES ({NUMBER}, '{VALUE}');
CREATE FUNCTION "Odd ""name"(text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN PERFORM put($1 || E'\\n"\\nSQL '); END $$;
"""


class Failure(NamedTuple):
    """A statement that fails.

    Attributes:
        sql: what fails.
        kept: what its error must show all the same, in every language.
    """

    sql: str
    kept: tuple[str, ...] = ()


def _casts() -> dict[str, Failure]:
    """Values of the data that are no values of a type; and the same as literals."""
    types = (
        "int", "bigint", "smallint", "numeric", "real", "float8", "boolean", "oid", "money",
        "date", "time", "timetz", "timestamp", "timestamptz", "interval",
        "uuid", "json", "jsonb", "jsonpath", "xml", "inet", "cidr", "macaddr", "macaddr8",
        "bit(3)", "varbit", "point", "line", "lseg", "box", "path", "polygon", "circle",
        "int[]", "text[]", "people", "int4range", "daterange", "int4multirange", "tsquery",
        "mood", "even", "pg_lsn", "txid_snapshot", "tid", "xid",
        "regclass", "regproc", "regprocedure", "regoper", "regtype", "regrole", "regnamespace",
        "regconfig", "regdictionary", "int2vector", '"char"[]',
    )  # fmt: skip
    bad = (
        "name || ' &'",
        "tricky",
        "hostile",
        "moment",
        "'{' || tricky",
        "'[' || tricky",
        "'(' || tricky",
    )
    # Some of these are good values of some types: then the division fails.
    made = {}
    for each in types:
        for value in bad:
            made[f"{value}::{each}"] = Failure(
                f"UPDATE people SET name = (({value})::{each})::text || (id / 0)::text"
            )
        made[f"literal {each}"] = Failure(f"SELECT 'x{SECRET} &'::{each}, 1/0")
    return made


def _executed(sql: str, column: str) -> str:
    """A DO block that builds a statement of a value."""
    return f"DO $$ DECLARE n text; BEGIN SELECT {column} INTO n FROM people; EXECUTE {sql}; END $$"


FAILURES = _casts() | {
    "not null": Failure(f"INSERT INTO children VALUES ({NUMBER}, NULL)", ("note", "children")),
    "check": Failure("UPDATE people SET name = name || repeat('x', 40)", ("people_short",)),
    "row like a key": Failure(
        f"INSERT INTO people (name) VALUES ('{SECRET}) = ({SECRET}' || repeat('x', 40))",
        ("people_short",),
    ),
    "added check": Failure(
        "ALTER TABLE people ADD CONSTRAINT named CHECK (id < 0)", ("named", "people")
    ),
    "unique": Failure(
        "INSERT INTO people SELECT * FROM people", ("people_id", "(id)=(***)")
    ),
    "unique on text": Failure(
        "INSERT INTO people (name) SELECT name FROM people", ("people_name", "(name)=(***)")
    ),
    "unique index with duplicates": Failure(
        f"INSERT INTO people (tricky) SELECT 'a) {SECRET} (tricky)=(b' FROM generate_series(1, 2);"
        "CREATE UNIQUE INDEX made ON people (tricky)",
        ("made", "(tricky)=(***)"),
    ),
    "foreign key": Failure(
        "INSERT INTO children SELECT id + 1, name FROM people",
        ("children_parent", "(parent)=(***)", "people"),
    ),
    "still referenced": Failure("DELETE FROM people", ("children_parent", "(id)=(***)")),
    "exclusion": Failure(
        "INSERT INTO people (during) SELECT during FROM people",
        ("people_during", "(during)=(***)"),
    ),
    "no partition": Failure(
        "INSERT INTO parts SELECT id, name FROM people", ("parts", "(lower(b)) = (***)")
    ),
    "partition constraint": Failure("INSERT INTO part SELECT id, name FROM people", ("part",)),
    "view": Failure("INSERT INTO small (id, name) VALUES (73417000, 'a')", ("small",)),
    "domain": Failure("SELECT id::even FROM people", ("even",)),
    "domain by literal": Failure(f"SELECT {NUMBER}::even", ("even",)),
    "strict parameters": Failure("SELECT strict_name(name) FROM people", ("strict_name", "wanted")),
    "sql function": Failure("SELECT cast_in_sql(name) FROM people", ("cast_in_sql",)),
    "execute": Failure("SELECT put(name) FROM people", ("INSERT INTO children VALUES", "put")),
    "execute hostile": Failure("SELECT put(hostile) FROM people", ("children",)),
    "execute hostile in dollars": Failure(
        _executed("'SELECT nope($a$' || n || '$a$)'", "hostile"), ("nope",)
    ),
    "execute hostile in a cast": Failure(
        _executed("'SELECT nope(' || quote_literal(n) || '::text)'", "hostile"), ("nope",)
    ),
    "strict parameters, hostile": Failure("SELECT strict_name(hostile) FROM people", ("wanted",)),
    "row, hostile": Failure("UPDATE people SET name = hostile || repeat('x', 40)"),
    "key, hostile": Failure(
        "CREATE TABLE k (a text UNIQUE); INSERT INTO k SELECT hostile FROM people, "
        "generate_series(1, 2)",
        ("(a)=(***)",),
    ),
    "partition, hostile": Failure("INSERT INTO parts SELECT id, hostile FROM people", ("parts",)),
    "copy, hostile": Failure(
        "COPY (SELECT hostile, 1 FROM people) TO '{csv}.out'; "
        "COPY people (id) FROM '{csv}.out'"
    ),
    "copy within a function, hostile": Failure(
        "DO $$ BEGIN COPY (SELECT hostile FROM people) TO '{csv}.out2' (FORMAT csv); "
        "COPY people (id) FROM '{csv}.out2' (FORMAT csv); END $$"
    ),
    "execute twice": Failure('SELECT "Odd ""name"(name) FROM people', ("children",)),
    "trigger": Failure("UPDATE children SET note = note", ("on_child",)),
    "dynamic syntax": Failure(
        _executed("'SELCT ' || quote_literal(n)", "name"),
        ("SELCT",),
    ),
    "dynamic lexeme": Failure(
        _executed("'SELECT 1 AS a ' || quote_literal(n)", "name"),
    ),
    "dynamic number": Failure(
        _executed("'SELECT a b ' || n", "id"),
    ),
    "dynamic open quote": Failure(
        _executed("'SELECT ''' || n", "name"),
    ),
    "assignment": Failure(
        f"DO $$ DECLARE n int; BEGIN n := '{SECRET}' || nope; END $$", ("n := ", "nope")
    ),
    "tsquery function": Failure("SELECT to_tsquery(name || ' & &') FROM people"),
    "websearch weights": Failure("SELECT setweight('a'::tsvector, 'q', ARRAY[name]) FROM people"),
    "regular expression": Failure("SELECT 'a' ~ ('(' || name) FROM people"),
    "like escape": Failure("SELECT 'a' LIKE 'b' ESCAPE name FROM people"),
    "to_date": Failure("SELECT to_date(name, 'YYYY-MM-DD') FROM people"),
    "to_timestamp": Failure("SELECT to_timestamp('2024 ' || name, 'YYYY Month') FROM people"),
    "to_number": Failure("SELECT to_number(name, '999') + 1/0 FROM people"),
    "make_date": Failure("SELECT make_date(2024, id, 1) FROM people"),
    "make_time": Failure("SELECT make_time(id, 1, 1) FROM people"),
    "make_timestamp": Failure("SELECT make_timestamp(id, 13, 1, 1, 1, 1) FROM people"),
    "time zone": Failure("SELECT now() AT TIME ZONE name FROM people"),
    "extract": Failure("SELECT date_part(name, now()) FROM people"),
    "date_trunc": Failure("SELECT date_trunc(name, now()) FROM people"),
    "set_config": Failure("SELECT set_config('work_mem', name, false) FROM people"),
    "set": Failure(f"SET work_mem = '{SECRET}'", ("work_mem",)),
    "decode": Failure("SELECT decode(name, 'hex') FROM people"),
    "decode format": Failure("SELECT decode('a', name) FROM people"),
    "encoding": Failure("SELECT convert_from(convert_to(name || 'é', 'LATIN1'), 'UTF8') FROM people", ("UTF8",)),
    "untranslatable": Failure("SELECT convert_to(name || '日', 'LATIN1') FROM people", ("LATIN1",)),
    "nextval": Failure("SELECT nextval(name) FROM people"),
    "privilege": Failure("SELECT has_table_privilege(name, 'SELECT') FROM people"),
    "privilege kind": Failure("SELECT has_table_privilege('people', name) FROM people"),
    "role": Failure("SELECT pg_has_role(name, 'USAGE') FROM people"),
    "jsonb path": Failure("SELECT jsonb_path_query('{}', ('strict $.' || name)::jsonpath) FROM people"),
    "jsonb set": Failure("SELECT jsonb_set('[1]', ARRAY[name], '1') FROM people"),
    "json populate": Failure("SELECT * FROM people p, json_populate_record(null::people, json_build_object('id', p.name))"),
    "json token": Failure("SELECT ('{\"a\": ' || name || '}')::json FROM people"),
    "json comma": Failure("SELECT ('{\"a\": 1 \"' || name || '\"}')::jsonb FROM people"),
    "json escape": Failure("SELECT ('\"\\' || name || '\"')::jsonb FROM people"),
    "json unicode": Failure("SELECT ('\"' || name || '\\uZZZZ\"')::jsonb FROM people"),
    "jsonb to int": Failure("SELECT to_jsonb(name)::int FROM people"),
    "hstore like": Failure("SELECT array_to_string(name::text[], ',') FROM people"),
    "array element": Failure("SELECT ('{1,' || name || '}')::int[] FROM people"),
    "array dimensions": Failure("SELECT ('[1:2]={' || name || '}')::text[] FROM people"),
    "range bounds": Failure("SELECT int4range(id, 1) FROM people"),
    "range text": Failure("SELECT ('[' || id || ',1]')::int4range FROM people"),
    "numeric field": Failure("SELECT id::numeric(3, 1) FROM people"),
    "too long": Failure("SELECT 1/0, name::varchar(3) FROM people"),
    "too long to store": Failure("ALTER TABLE people ALTER name TYPE varchar(3)", ("(3)",)),
    "int out of range": Failure("SELECT (id || '00000000')::int FROM people"),
    "shift": Failure("SELECT (id * 1000000000) FROM people"),
    "get_byte": Failure("SELECT get_byte('a', id) FROM people"),
    "chr": Failure("SELECT chr(id * 1000) FROM people"),
    "substring": Failure("SELECT substr('a', 1, -id) FROM people"),
    "enum": Failure("INSERT INTO children SELECT id, name::mood::text FROM people", ("mood",)),
    "enum cast of column": Failure("ALTER TABLE people ALTER name TYPE mood USING name::mood", ("mood",)),
    "xml": Failure("SELECT ('<' || name)::xml FROM people"),
    "xpath": Failure("SELECT xpath(name || '[', '<a/>') FROM people"),
    "copy": Failure("COPY children FROM '{csv}' (FORMAT csv)", ("children",)),
    "copy column": Failure("COPY people (id) FROM '{csv}' (FORMAT csv)"),
    "copy in a function": Failure(
        "DO $$ BEGIN COPY people (id) FROM '{csv}' (FORMAT csv); END $$", ("COPY people",)
    ),
    "copy json": Failure("CREATE TEMP TABLE j (j json); COPY j FROM '{csv}' (DELIMITER '|')"),
    "remote": Failure(f"SELECT '{SECRET}'::nope", ("nope",)),
    "lookup in code": Failure("SELECT strict_nope(name) FROM people", ("strict_nope",)),
}  # fmt: skip

# What is shown as the author wrote it.
AUTHORS = {
    "SELCT 1": Failure("SELCT 1", ("SELCT", "SELCT 1")),
    "number": Failure("SELECT 1 2", ("2", "SELECT 1 2")),
    "varchar": Failure("CREATE TABLE t (a varchar(255), b nope)", ("varchar(255)", "nope")),
    "DO": Failure("DO $$\nBEGIN RAISE 'the text % 7 \"x\"', 'it'; END $$", ("DO $$", 'the text it 7 "x"')),
    "RAISE": Failure(
        "DO $$ BEGIN RAISE EXCEPTION '(a)=(1) »x« 5' USING ERRCODE = '23505', DETAIL = 'my (d)=(3)', HINT = 'my hint'; END $$",
        ("(a)=(1) »x« 5", "my (d)=(3)", "my hint"),
    ),
    "RAISE with a code of data": Failure(
        "DO $$ BEGIN RAISE 'bad \"x\" at 5' USING ERRCODE = '22023'; END $$", ('bad "x" at 5',)
    ),
    "ASSERT": Failure("DO $$ BEGIN ASSERT 1 = 2, 'wanted \"x\": 3'; END $$", ('wanted "x": 3',)),
    "table": Failure("TABLE gone", ("gone",)),
    "DROP": Failure("DROP TABLE gone", ("gone",)),
    "column": Failure("SELECT nope FROM people", ("nope",)),
    "constraint": Failure("ALTER TABLE people DROP CONSTRAINT nope", ("nope", "people")),
    "role": Failure("GRANT SELECT ON people TO nobody_here", ("nobody_here",)),
    "schema": Failure("CREATE TABLE gone.t (a int)", ("gone",)),
    "quoted": Failure('DROP TABLE "My Table"', ("My Table",)),
    "method": Failure("CREATE TABLE j (j json); CREATE INDEX ON j (j)", ("btree",)),
    "mismatch": Failure("INSERT INTO children VALUES ('x'::bytea, 'a')", ("parent",)),
    "dropped in a function": Failure("DO $$ BEGIN DROP TABLE gone; END $$", ("gone",)),
    "executed": Failure("DO $$ BEGIN EXECUTE 'DROP TABLE gone'; END $$", ("gone",)),
    "number in code": Failure(
        "DO $$ DECLARE v int; BEGIN v := nope + 5; END $$", ("nope + 5",)
    ),
    "exists": Failure("CREATE TABLE people (a int)", ("people",)),
    "division": Failure("SELECT 17 / 0", ("SELECT 17 / 0",)),
}  # fmt: skip

_DIAGNOSTICS = [name for name in dir(Diagnostics) if name[0] != "_"]


def told(error: psycopg2.Error) -> dict[str, object]:
    """All that an error of the driver's says."""
    said = {name: getattr(error.diag, name) for name in _DIAGNOSTICS}
    return {**said, "str": str(error), "pgcode": error.pgcode}
