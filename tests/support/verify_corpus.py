"""Pairs of sections for verify: what people write, right and wrong, and what each is told.

Each stands on its own, behind BEFORE, on tables with made-up rows. An empty `told` says that
nothing is wrong. tests/support/objects.py has a pair for every kind of object; here is what is done
with rows, and several things at once.
"""

from __future__ import annotations

from typing import NamedTuple

BEFORE = """
CREATE TABLE people (
    id serial PRIMARY KEY, name text NOT NULL, email text, age int CHECK (age > 0 AND age < 150),
    state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'old', 'gone')),
    token text CHECK (length(token) = 32), settings text CHECK (settings::jsonb IS NOT NULL),
    joined date, points int NOT NULL DEFAULT 0
);
CREATE TABLE teams (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title varchar(40) NOT NULL UNIQUE
);
CREATE TABLE members (
    team int NOT NULL REFERENCES teams, person int NOT NULL REFERENCES people,
    since timestamptz DEFAULT now(), note text, PRIMARY KEY (team, person)
);
CREATE TABLE events (id bigint, at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE plain (a int, b text);
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE TABLE paints (id int PRIMARY KEY, c colour);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 $$;
CREATE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;
"""


class Pair(NamedTuple):
    """An UP and a DOWN, what verify tells, and the options of UP."""

    up: str
    down: str
    told: tuple[str, ...] = ()
    options: str = ""


_LOST = ("rows that were there before UP",)
_LEFT = ("DOWN does not undo UP",)
_AGAIN = ("a second UP makes something else than the first",)
_ACCEPTED = " data_loss:accepted"
_TWICE = "CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS "

PAIRS = {
    # Columns.
    "a column comes and goes": Pair("ALTER TABLE people ADD x int", "ALTER TABLE people DROP x"),
    "two columns, one is forgotten": Pair(
        "ALTER TABLE people ADD x int, ADD y int",
        "ALTER TABLE people DROP x",
        (*_LEFT, "+ column public.people.y: integer"),
    ),
    "a column goes and comes back empty": Pair(
        "ALTER TABLE people DROP email", "ALTER TABLE people ADD email text", (*_LOST, "in email")
    ),
    "a column goes, accepted": Pair(
        "ALTER TABLE people DROP email",
        "ALTER TABLE people ADD email text",
        options=_ACCEPTED,
    ),
    "a column goes, accepted, and its type is another": Pair(
        "ALTER TABLE people DROP email",
        "ALTER TABLE people ADD email varchar(9)",
        (*_LEFT, "- column public.people.email: text", "+ column public.people.email: character"),
        _ACCEPTED,
    ),
    "a column is renamed": Pair(
        "ALTER TABLE people RENAME email TO mail", "ALTER TABLE people RENAME mail TO email"
    ),
    "a column is renamed and left": Pair(
        "ALTER TABLE people RENAME email TO mail",
        "SELECT 1",
        (*_LEFT, "- column public.people.email"),
    ),
    "a column is copied, then dropped": Pair(
        "ALTER TABLE people ADD mail text; UPDATE people SET mail = email;"
        " ALTER TABLE people DROP email",
        "ALTER TABLE people ADD email text; UPDATE people SET email = mail;"
        " ALTER TABLE people DROP mail",
    ),
    "a column is copied back from the wrong one": Pair(
        "ALTER TABLE people ADD mail text; UPDATE people SET mail = email;"
        " ALTER TABLE people DROP email",
        "ALTER TABLE people ADD email text; UPDATE people SET email = name;"
        " ALTER TABLE people DROP mail",
        (*_LOST, "changed in email"),
    ),
    "a type is widened": Pair(
        "ALTER TABLE people ALTER points TYPE bigint", "ALTER TABLE people ALTER points TYPE int"
    ),
    "a type is widened and left": Pair(
        "ALTER TABLE people ALTER points TYPE bigint", "SELECT 1", (*_LEFT, "points: bigint")
    ),
    "text to jsonb and back": Pair(
        "ALTER TABLE people DROP CONSTRAINT people_settings_check;"
        " ALTER TABLE people ALTER settings TYPE jsonb USING settings::jsonb",
        "ALTER TABLE people ALTER settings TYPE text USING settings::text;"
        " ALTER TABLE people ADD CONSTRAINT people_settings_check"
        " CHECK (settings::jsonb IS NOT NULL)",
    ),
    "numbers are cut": Pair(
        "ALTER TABLE people ALTER name TYPE varchar(1) USING left(name, 1)",
        "ALTER TABLE people ALTER name TYPE text",
        ("cannot alter type of a column used by a view",),
    ),
    "texts are cut": Pair(
        "ALTER TABLE people ALTER email TYPE varchar(1) USING left(email, 1)",
        "ALTER TABLE people ALTER email TYPE text",
        (*_LOST, "changed in email"),
    ),
    "a default is set and dropped": Pair(
        "ALTER TABLE people ALTER joined SET DEFAULT current_date",
        "ALTER TABLE people ALTER joined DROP DEFAULT",
    ),
    "a default is another one afterwards": Pair(
        "ALTER TABLE people ALTER points SET DEFAULT 5",
        "ALTER TABLE people ALTER points SET DEFAULT 1",
        (*_LEFT, "- column public.people.points: integer DEFAULT 0 NOT NULL"),
    ),
    "a column that is generated": Pair(
        "ALTER TABLE people ADD double int GENERATED ALWAYS AS (points * 2) STORED",
        "ALTER TABLE people DROP double",
    ),
    "a comment is left": Pair(
        "COMMENT ON TABLE plain IS 'x'", "SELECT 1", (*_LEFT, "+ comment on")
    ),
    # NULL.
    "a backfill that is not undone": Pair(
        "UPDATE people SET email = 'none' WHERE email IS NULL", "SELECT 1", (*_LOST, "in email")
    ),
    "a backfill that is undone": Pair(
        "UPDATE people SET email = 'none' WHERE email IS NULL",
        "UPDATE people SET email = NULL WHERE email = 'none'",
    ),
    "a backfill, then NOT NULL": Pair(
        "UPDATE people SET email = 'none' WHERE email IS NULL;"
        " ALTER TABLE people ALTER email SET NOT NULL",
        "ALTER TABLE people ALTER email DROP NOT NULL",
        (*_LOST, "in email"),
    ),
    "NOT NULL without a backfill": Pair(
        "ALTER TABLE people ALTER email SET NOT NULL",
        "ALTER TABLE people ALTER email DROP NOT NULL",
        (),
    ),
    "NOT NULL that is left": Pair(
        "ALTER TABLE people ALTER email SET NOT NULL", "SELECT 1", (*_LEFT, "email: text NOT NULL")
    ),
    "a new column that must have a value": Pair(
        "ALTER TABLE plain ADD x int NOT NULL",
        "ALTER TABLE plain DROP x",
        ("on made-up rows alone UP fails", "row: {"),
    ),
    "a new column that must have a value, and a wrong DOWN": Pair(
        "ALTER TABLE plain ADD x int NOT NULL",
        "SELECT 1",
        ("on made-up rows alone UP fails", *_LEFT, "+ column public.plain.x"),
    ),
    # Rows.
    "rows are written and deleted": Pair(
        "INSERT INTO teams (title) VALUES ('a'), ('b')",
        "DELETE FROM teams WHERE title IN ('a', 'b')",
    ),
    "rows are written and left": Pair(
        "INSERT INTO teams (title) VALUES ('a'), ('b')",
        "SELECT 1",
        (*_LOST, "+ public.teams: 2 rows"),
    ),
    "one of two rows is left": Pair(
        "INSERT INTO teams (title) VALUES ('a'), ('b')",
        "DELETE FROM teams WHERE title = 'a'",
        (*_LOST, "+ public.teams: 1 row"),
    ),
    "all rows are deleted": Pair(
        "DELETE FROM plain", "SELECT 1", (*_LOST, "- public.plain: 3 rows")
    ),
    "all rows are deleted, accepted": Pair("DELETE FROM plain", "SELECT 1", options=_ACCEPTED),
    "a table is emptied": Pair("TRUNCATE members", "SELECT 1", (*_LOST, "- public.members")),
    "values are changed and changed back": Pair(
        "UPDATE people SET points = points + 1", "UPDATE people SET points = points - 1"
    ),
    "values are changed and another column back": Pair(
        "UPDATE people SET points = points + 1",
        "UPDATE people SET joined = joined - 1",
        (*_LOST, "points"),
    ),
    "states are merged": Pair(
        "UPDATE people SET state = 'old' WHERE state = 'gone'",
        "UPDATE people SET state = 'gone' WHERE state = 'old'",
        (*_LOST, "changed in state"),
    ),
    "rows move to an archive and back": Pair(
        "CREATE TABLE archive AS SELECT * FROM plain; DELETE FROM plain",
        "INSERT INTO plain SELECT * FROM archive; DROP TABLE archive",
    ),
    "rows move to an archive and stay": Pair(
        "CREATE TABLE archive AS SELECT * FROM plain; DELETE FROM plain",
        "DROP TABLE archive",
        (*_LOST, "- public.plain: 3 rows"),
    ),
    "keys are made anew": Pair(
        "CREATE TABLE kept AS SELECT * FROM paints; DELETE FROM paints",
        "INSERT INTO paints SELECT id + 1000, c FROM kept; DROP TABLE kept",
        (*_LOST, "! public.paints: 3 rows changed in id"),
    ),
    "rows of a partition": Pair(
        "DELETE FROM events", "SELECT 1", (*_LOST, "- public.events_2025: 3 rows")
    ),
    "values from another table by chance of the same key": Pair(
        "ALTER TABLE members ADD title text; UPDATE members SET title = t.title FROM teams t"
        " WHERE t.id = team; ALTER TABLE teams DROP title",
        "ALTER TABLE teams ADD title varchar(40); UPDATE teams SET title = p.name FROM people p"
        " WHERE p.id = teams.id; ALTER TABLE teams ALTER title SET NOT NULL;"
        " ALTER TABLE teams ADD UNIQUE (title); ALTER TABLE members DROP title",
        ("DOWN fails: column",),
    ),
    "each UP writes more": Pair(
        "CREATE SEQUENCE IF NOT EXISTS runs; INSERT INTO plain SELECT n, 'seed'"
        " FROM generate_series(1, nextval('runs')) n",
        "DELETE FROM plain WHERE b = 'seed'",
        (*_LEFT, "+ sequence public.runs"),
    ),
    # Tables.
    "a table": Pair("CREATE TABLE t (id int PRIMARY KEY)", "DROP TABLE t"),
    "a table is left, with its key told once": Pair(
        "CREATE TABLE t (id int PRIMARY KEY)", "SELECT 1", (*_LEFT, "+ table public.t")
    ),
    "a table whose DOWN is stopped by rows": Pair(
        "CREATE TABLE t (id int PRIMARY KEY)",
        "DO $$ BEGIN IF EXISTS (SELECT FROM t) THEN RAISE 'rows'; END IF; END $$; DROP TABLE t",
        ("DOWN fails: rows",),
    ),
    "a table if it is not there": Pair(
        "CREATE TABLE IF NOT EXISTS plain (a int)",
        "DROP TABLE IF EXISTS plain",
        (*_LEFT, "- table public.plain"),
    ),
    "a table is renamed": Pair("ALTER TABLE plain RENAME TO p", "ALTER TABLE p RENAME TO plain"),
    "a table is dropped and made again": Pair(
        "DROP TABLE plain", "CREATE TABLE plain (a int, b text)", (*_LOST, "- public.plain: 3 rows")
    ),
    "a table with a serial": Pair("CREATE TABLE t (id serial)", "DROP TABLE t"),
    "a sequence is left": Pair(
        "CREATE SEQUENCE s; CREATE TABLE t (id int DEFAULT nextval('s'))",
        "DROP TABLE t",
        (*_LEFT, "+ sequence public.s"),
    ),
    "a schema with a table": Pair(
        "CREATE SCHEMA app; CREATE TABLE app.t (id int)", "DROP TABLE app.t; DROP SCHEMA app"
    ),
    "a schema is left": Pair(
        "CREATE SCHEMA app; CREATE TABLE app.t (id int)",
        "DROP TABLE app.t",
        (*_LEFT, "+ schema app"),
    ),
    "another partition": Pair(
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01')"
        " TO ('2027-01-01')",
        "DROP TABLE events_2026",
    ),
    "a partition is detached": Pair(
        "ALTER TABLE events DETACH PARTITION events_2025",
        "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01')"
        " TO ('2026-01-01')",
    ),
    "a partition gets other bounds": Pair(
        "ALTER TABLE events DETACH PARTITION events_2025",
        "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2024-01-01')"
        " TO ('2026-01-01')",
        (*_LEFT, "FROM ('2024-01-01')"),
    ),
    # Constraints and indexes.
    "a primary key is told once": Pair(
        "ALTER TABLE paints DROP CONSTRAINT paints_pkey",
        "SELECT 1",
        (*_LEFT, "- constraint paints_pkey on public.paints: PRIMARY KEY (id)"),
    ),
    "a primary key comes back": Pair(
        "ALTER TABLE paints DROP CONSTRAINT paints_pkey", "ALTER TABLE paints ADD PRIMARY KEY (id)"
    ),
    "a constraint of another name": Pair(
        "ALTER TABLE teams DROP CONSTRAINT teams_title_key",
        "ALTER TABLE teams ADD CONSTRAINT titles UNIQUE (title)",
        (*_LEFT, "- constraint teams_title_key", "+ constraint titles"),
    ),
    "a CHECK that made-up rows break": Pair(
        "ALTER TABLE plain ADD CONSTRAINT large CHECK (a > 5000)",
        "ALTER TABLE plain DROP CONSTRAINT large",
    ),
    "a foreign key that made-up rows break": Pair(
        "ALTER TABLE plain ADD FOREIGN KEY (a) REFERENCES people",
        "ALTER TABLE plain DROP CONSTRAINT plain_a_fkey",
    ),
    "a foreign key with another action": Pair(
        "ALTER TABLE members DROP CONSTRAINT members_team_fkey",
        "ALTER TABLE members ADD FOREIGN KEY (team) REFERENCES teams ON DELETE CASCADE",
        (*_LEFT, "ON DELETE CASCADE"),
    ),
    "an index": Pair("CREATE INDEX i ON people (email)", "DROP INDEX i"),
    "an index is left": Pair(
        "CREATE INDEX i ON people (email)", "SELECT 1", (*_LEFT, "+ index public.i")
    ),
    "an index comes back without its WHERE": Pair(
        "CREATE INDEX i ON people (email) WHERE age > 5; DROP INDEX i",
        "CREATE INDEX i ON people (email)",
        (*_LEFT, "+ index public.i"),
    ),
    "an index that is made concurrently": Pair(
        "CREATE INDEX CONCURRENTLY i ON people (email)",
        "DROP INDEX i",
        options=" transaction:false",
    ),
    # Routines, views, types.
    "white space in a function": Pair(
        _TWICE + "$$ SELECT 2 $$",
        _TWICE + " $$\n    SELECT  $1 * 2\n$$",
    ),
    "white space that a function returns": Pair(
        "CREATE FUNCTION blank() RETURNS text LANGUAGE sql AS $$ SELECT 'a b' $$;"
        " DROP FUNCTION blank()",
        "CREATE FUNCTION blank() RETURNS text LANGUAGE sql AS $$ SELECT 'a  b' $$",
        (*_LEFT, "+ function public.blank()"),
    ),
    "another function": Pair(
        _TWICE + "$$ SELECT 2 $$",
        _TWICE + "$$ SELECT $1 $$",
        (*_LEFT, "function public.twice(integer)"),
    ),
    "a view is replaced": Pair(
        "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 21",
        "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 18",
    ),
    "a view is replaced and left": Pair(
        "CREATE OR REPLACE VIEW adults AS SELECT id, name FROM people WHERE age >= 21",
        "SELECT 1",
        (*_LEFT, "view public.adults"),
    ),
    "a trigger": Pair(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;"
        " CREATE TRIGGER f BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP TRIGGER f ON plain; DROP FUNCTION f()",
    ),
    "a trigger goes with its function alone": Pair(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;"
        " CREATE TRIGGER f BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION f()",
        "DROP FUNCTION f()",
        ("DOWN fails: cannot drop function f()",),
    ),
    "a value of an enumerated type": Pair(
        "ALTER TYPE colour ADD VALUE 'blue'", "SELECT 1", (*_LEFT, "enum public.colour")
    ),
    "a value of an enumerated type, accepted": Pair(
        "ALTER TYPE colour ADD VALUE 'blue' BEFORE 'green'", "SELECT 1", options=_ACCEPTED
    ),
    "a value that is renamed is not accepted": Pair(
        "ALTER TYPE colour RENAME VALUE 'red' TO 'crimson'",
        "SELECT 1",
        (*_LEFT, "enum public.colour"),
        _ACCEPTED,
    ),
    "an enumerated type is made anew": Pair(
        "ALTER TYPE colour RENAME TO colour_old;"
        " CREATE TYPE colour AS ENUM ('red', 'green', 'blue');"
        " ALTER TABLE paints ALTER c TYPE colour USING c::text::colour; DROP TYPE colour_old",
        "ALTER TYPE colour RENAME TO colour_new; CREATE TYPE colour AS ENUM ('red', 'green');"
        " ALTER TABLE paints ALTER c TYPE colour USING c::text::colour; DROP TYPE colour_new",
    ),
    # Rights and settings.
    "a right is left": Pair(
        "GRANT SELECT ON plain TO PUBLIC", "SELECT 1", (*_LEFT, "+ grant on table public.plain")
    ),
    "a right comes and goes": Pair(
        "GRANT SELECT ON plain TO PUBLIC", "REVOKE SELECT ON plain FROM PUBLIC"
    ),
    "options of a table are left": Pair(
        "ALTER TABLE plain SET (fillfactor = 70)", "SELECT 1", (*_LEFT, "fillfactor=70")
    ),
    "options of a column are reset": Pair(
        "ALTER TABLE plain ALTER a SET (n_distinct = 5)",
        "ALTER TABLE plain ALTER a RESET (n_distinct)",
    ),
    # Sections that fail.
    "UP fails": Pair("SELECT missing()", "SELECT 1", ("UP fails: function missing() does not",)),
    "DOWN fails": Pair(
        "CREATE TABLE t (i int)", "DROP TABLE tt", ('DOWN fails: table "tt" does not exist',)
    ),
    "a second UP fails": Pair(
        "CREATE TABLE t (i int)", "ALTER TABLE t RENAME TO u", (*_LEFT, "+ table public.u")
    ),
    "a role that is missing": Pair(
        "GRANT SELECT ON plain TO nobody_of_that_name",
        "SELECT 1",
        ("the server of this trial lacks it: make it in scratch_setup",),
    ),
}
