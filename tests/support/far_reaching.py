"""What sections change far from what they name: who follows changes must not miss any of it.

Each is a section of its own, run one after the other in one database, behind GROUND.
"""

from __future__ import annotations

GROUND = """
CREATE SCHEMA app;
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE TYPE spot AS (x int, c colour);
CREATE DOMAIN few AS int CHECK (VALUE > 0);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 $$;
CREATE SEQUENCE numbers;
CREATE TABLE users (
    id int PRIMARY KEY, name text, c colour DEFAULT 'red', cs colour[], s spot, f few,
    n bigint DEFAULT nextval('numbers'), k colour DEFAULT 'green' CHECK (k <> 'red')
);
INSERT INTO users (id, name, c, cs, s) VALUES (1, 'a', 'red', '{red,green}', '(1,red)');
INSERT INTO users VALUES (2, 'b');
CREATE TABLE orders (
    id int PRIMARY KEY, owner int CONSTRAINT owned REFERENCES users ON DELETE CASCADE, twin users,
    CHECK (twice(id) > 1)
);
INSERT INTO orders SELECT id, id, users FROM users;
CREATE INDEX by_twice ON orders (twice(id));
CREATE STATISTICS together ON id, owner FROM orders;
CREATE VIEW v1 AS SELECT id, name FROM users;
CREATE VIEW v2 AS SELECT v1.*, orders.owner FROM v1 JOIN orders USING (id);
CREATE MATERIALIZED VIEW m AS SELECT * FROM v2;
CREATE FUNCTION named(u users) RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT name FROM users; END;
CREATE FUNCTION colourful(colour) RETURNS colour LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO logged VALUES (tg_table_name); RETURN NULL; END $$;
CREATE TABLE logged (t text);
CREATE TRIGGER touch BEFORE UPDATE OF name ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION log();
CREATE RULE silent AS ON DELETE TO logged DO INSTEAD NOTHING;
CREATE TABLE parent (i int, t text) PARTITION BY LIST (i);
CREATE TABLE child PARTITION OF parent FOR VALUES IN (1) PARTITION BY LIST (t);
CREATE TABLE grandchild PARTITION OF child DEFAULT;
CREATE TABLE apart (i int, t text);
INSERT INTO parent VALUES (1, 'x');
CREATE TABLE base (i int); CREATE TABLE heir () INHERITS (base); INSERT INTO heir VALUES (1);
CREATE TABLE walled (i int PRIMARY KEY);
ALTER TABLE walled ENABLE ROW LEVEL SECURITY;
CREATE POLICY wall ON walled USING (i IN (SELECT id FROM users));
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert');
CREATE PUBLICATION one FOR TABLE walled;
COMMENT ON CONSTRAINT owned ON orders IS 'by whom';
COMMENT ON TRIGGER touch ON users IS 'why';
COMMENT ON FUNCTION colourful(colour) IS 'how';
"""

SECTIONS = """
-- names that others are made of
ALTER TABLE users RENAME TO people
ALTER TABLE people RENAME name TO title
ALTER TABLE people RENAME CONSTRAINT users_pkey TO people_pkey
ALTER INDEX people_pkey RENAME TO people_key
ALTER TYPE colour RENAME VALUE 'red' TO 'crimson'
ALTER TYPE colour RENAME TO hue
ALTER TYPE spot RENAME ATTRIBUTE x TO y
ALTER TYPE spot RENAME TO place
ALTER DOMAIN few RENAME TO several
ALTER DOMAIN several RENAME CONSTRAINT few_check TO positive
ALTER FUNCTION twice(int) RENAME TO doubled
ALTER SEQUENCE numbers RENAME TO counted
ALTER VIEW v1 RENAME id TO number
ALTER TRIGGER touch ON people RENAME TO touched
ALTER RULE silent ON logged RENAME TO quiet
ALTER POLICY wall ON walled RENAME TO fence
ALTER STATISTICS together RENAME TO paired
ALTER SCHEMA app RENAME TO main
ALTER TABLE people SET SCHEMA main
ALTER FUNCTION touch() SET SCHEMA main
ALTER TYPE hue SET SCHEMA main
ALTER TABLE main.people RENAME TO users
-- what is not locked
GRANT SELECT ON main.users TO PUBLIC
GRANT UPDATE (title) ON main.users TO far_away
REVOKE UPDATE (title) ON main.users FROM far_away
GRANT EXECUTE ON FUNCTION doubled(int) TO far_away
REVOKE EXECUTE ON FUNCTION doubled(int) FROM PUBLIC
GRANT USAGE ON TYPE main.hue TO far_away
GRANT USAGE ON SEQUENCE counted TO far_away
GRANT SELECT ON ALL TABLES IN SCHEMA public TO far_away
DROP OWNED BY far_away
CREATE OR REPLACE FUNCTION doubled(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + $1 $$
ALTER FUNCTION doubled(int) COST 7 SET work_mem = '1MB'
ALTER DOMAIN several DROP CONSTRAINT positive
ALTER DOMAIN several ADD CONSTRAINT positive CHECK (VALUE > 1) NOT VALID
ALTER DOMAIN several SET DEFAULT 7
ALTER TYPE main.hue ADD VALUE 'blue' BEFORE 'green'
ALTER TYPE place ADD ATTRIBUTE z int
ALTER TYPE place DROP ATTRIBUTE z
-- comments
COMMENT ON COLUMN main.users.title IS 'x'
COMMENT ON COLUMN main.users.title IS NULL
COMMENT ON CONSTRAINT owned ON orders IS NULL
COMMENT ON DOMAIN several IS 'y'
COMMENT ON CONSTRAINT positive ON DOMAIN several IS 'z'
COMMENT ON INDEX by_twice IS 'i'
COMMENT ON POLICY fence ON walled IS 'p'
COMMENT ON STATISTICS paired IS 's'
COMMENT ON RULE quiet ON logged IS 'r'
COMMENT ON SCHEMA main IS 'm'
-- rows that nobody named
INSERT INTO orders VALUES (3, 1)
DELETE FROM main.users WHERE id = 1
TRUNCATE main.users CASCADE
INSERT INTO main.users (id, title, c) SELECT i, i::text, 'green' FROM generate_series(1, 3) i
INSERT INTO parent VALUES (1, 'y')
UPDATE grandchild SET t = 'z'
DELETE FROM child
INSERT INTO base VALUES (5)
UPDATE base SET i = i + 1
DELETE FROM logged
DELETE FROM apart
WITH gone AS (DELETE FROM main.users WHERE id = 3 RETURNING id) INSERT INTO apart TABLE gone
DO $$ BEGIN INSERT INTO walled VALUES (1); INSERT INTO walled VALUES (1);
EXCEPTION WHEN OTHERS THEN INSERT INTO walled VALUES (7); END $$
DO $$ BEGIN EXECUTE 'CREATE TABLE hidden AS SELECT 1 AS i'; END $$
DO $$ BEGIN EXECUTE 'CREATE TABLE undone (i int)'; RAISE 'no'; EXCEPTION WHEN OTHERS THEN END $$
SAVEPOINT a; CREATE TABLE back_to (i int); ROLLBACK TO a; CREATE TABLE kept (i int)
CREATE TABLE passing (i int); DROP TABLE passing
SELECT 1
-- tables written anew, moved and taken apart
ALTER TABLE orders DROP twin
ALTER TABLE main.users ALTER n TYPE numeric
ALTER TABLE main.users ADD later int DEFAULT 7
ALTER TABLE main.users DROP later
ALTER TABLE main.users ADD number int GENERATED ALWAYS AS (doubled(id::int)) STORED
ALTER TABLE main.users ALTER n DROP DEFAULT
DROP SEQUENCE counted CASCADE
ALTER TABLE orders SET UNLOGGED
CLUSTER orders USING by_twice
REFRESH MATERIALIZED VIEW m
REINDEX TABLE orders
ALTER TABLE parent DETACH PARTITION child
ALTER TABLE parent ATTACH PARTITION child FOR VALUES IN (1, 2)
ALTER TABLE parent ATTACH PARTITION apart FOR VALUES IN (3)
CREATE INDEX on_all ON parent (t)
ALTER INDEX on_all RENAME TO on_every
DROP INDEX on_every
ALTER TABLE heir NO INHERIT base
ALTER TABLE heir INHERIT base
ALTER TABLE base ADD j int DEFAULT 1
ALTER TABLE orders REPLICA IDENTITY FULL
ALTER TABLE orders ALTER owner SET STATISTICS 5, ALTER owner SET (n_distinct = 5)
ALTER TABLE orders DISABLE TRIGGER late
ALTER TABLE orders VALIDATE CONSTRAINT owned
ALTER TABLE orders ALTER CONSTRAINT owned DEFERRABLE
ALTER TABLE orders DROP CONSTRAINT owned
ALTER TABLE walled DISABLE ROW LEVEL SECURITY
DROP POLICY fence ON walled
CREATE TEMP TABLE aside AS SELECT * FROM orders
CREATE TEMP VIEW looked AS SELECT * FROM orders
ANALYZE
-- objects of other kinds
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)
DROP OPERATOR === (int, int)
CREATE AGGREGATE total (int) (sfunc = int4pl, stype = int)
ALTER AGGREGATE total (int) RENAME TO summed
CREATE FUNCTION hue_text(main.hue) RETURNS json LANGUAGE sql AS $$ SELECT '"any"'::json $$
CREATE CAST (main.hue AS json) WITH FUNCTION hue_text(main.hue)
DROP CAST (main.hue AS json)
CREATE TYPE span AS RANGE (subtype = float8)
DROP TYPE span
CREATE COLLATION own (locale = 'C')
ALTER COLLATION own RENAME TO mine
CREATE TEXT SEARCH CONFIGURATION words (copy = simple)
ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR word
CREATE TEXT SEARCH DICTIONARY book (template = simple)
CREATE CONVERSION odd FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8
CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER far FOREIGN DATA WRAPPER nobody
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (password 'x')
CREATE FOREIGN TABLE away (i int OPTIONS (a 'b')) SERVER far
ALTER SERVER far RENAME TO near
ALTER FOREIGN TABLE away OPTIONS (ADD c 'd')
ALTER USER MAPPING FOR CURRENT_USER SERVER near OPTIONS (SET password 'y')
DROP FOREIGN DATA WRAPPER nobody CASCADE
ALTER DEFAULT PRIVILEGES IN SCHEMA main GRANT SELECT ON TABLES TO far_away
CREATE TABLE main.granted (i int)
ALTER DEFAULT PRIVILEGES IN SCHEMA main REVOKE SELECT ON TABLES FROM far_away
SELECT lo_create(0)
CREATE PUBLICATION narrow FOR TABLE base
ALTER PUBLICATION narrow ADD TABLE walled
ALTER TABLE orders RENAME TO ordered
DROP PUBLICATION everything
CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$
CREATE EVENT TRIGGER looks ON ddl_command_end EXECUTE FUNCTION seen()
ALTER EVENT TRIGGER looks DISABLE
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''2MB''', current_database()); END $$
DROP SCHEMA main CASCADE
CREATE SCHEMA made CREATE TABLE within (i int)
ALTER SCHEMA made OWNER TO far_away
ALTER TABLE ordered OWNER TO far_away
REASSIGN OWNED BY far_away TO CURRENT_USER
SET LOCAL ROLE far_away; SELECT 1
SET LOCAL search_path = made; CREATE TABLE here (i int)
SET LOCAL track_counts = off; GRANT SELECT ON kept TO far_away
COMMENT ON TABLE kept IS 'x'
-- by hand
UPDATE pg_class SET relname = 'by_hand' WHERE relname = 'kept'
UPDATE pg_attribute SET attnotnull = true WHERE attrelid = 'by_hand'::regclass AND attnum > 0
DELETE FROM pg_description WHERE objoid = 'by_hand'::regclass
CREATE TYPE labels AS ENUM ('one', 'two')
DELETE FROM pg_enum WHERE enumlabel = 'two'
INSERT INTO pg_enum VALUES (70001, 'labels'::regtype, 7, 'three')
ALTER TABLE base ALTER i TYPE bigint; DELETE FROM pg_depend WHERE objid = 'heir'::regclass
"""

OUTSIDE = """
CREATE INDEX CONCURRENTLY aside ON users (name)
REINDEX INDEX CONCURRENTLY aside
DROP INDEX CONCURRENTLY aside
VACUUM FULL orders
DO $$ BEGIN CREATE TABLE first (i int); COMMIT; CREATE TABLE second (i int); COMMIT; END $$
ALTER TABLE parent DETACH PARTITION child CONCURRENTLY
UPDATE users SET name = 'later'; ALTER TABLE users ADD outside int
ALTER TYPE colour ADD VALUE 'blue'
"""


def sections(text: str) -> list[str]:
    """The sections of one of these texts: a line each, but for a block's EXCEPTION."""
    found: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith("--"):
            continue
        if line.startswith("EXCEPTION"):
            found[-1] += f"\n{line}"
        else:
            found.append(line)
    return found
