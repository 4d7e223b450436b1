/* Tables and all that hangs on them.
   /* A comment in a comment; */
   It's still one. */

CREATE TABLE "Quoted; name" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- its key; never reused
    "it's" text NOT NULL DEFAULT 'a;b' CHECK ("it's" <> ''),
    "say ""hi""" text,
    price numeric(10, 2) DEFAULT 0.00 /* cents; too */,
    tags text[] DEFAULT '{}'::text[],
    during tstzrange,
    größe int, 名前 text,
    total numeric GENERATED ALWAYS AS (price * 1.19) STORED,
    EXCLUDE USING gist (during WITH &&),
    FOREIGN KEY (id) REFERENCES other (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) PARTITION BY RANGE (id);

CREATE TABLE part PARTITION OF "Quoted; name" FOR VALUES FROM (1) TO (MAXVALUE);
CREATE TABLE dollar$name (a$ int, b$$ text);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS by_name ON t USING btree (lower(name) text_pattern_ops)
    INCLUDE (id) WHERE deleted_at IS NULL;
DROP INDEX CONCURRENTLY by_name;
REINDEX (VERBOSE) TABLE CONCURRENTLY t;
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'so; so' BEFORE 'ok';
ALTER TABLE t ADD COLUMN a int, ALTER COLUMN b TYPE text USING b::text || ';', DROP c;
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE VIEW v WITH (security_barrier) AS SELECT * FROM t WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS "end" WITH NO DATA;

CREATE RULE notify_me AS ON UPDATE TO t DO ALSO NOTIFY t;
CREATE RULE several AS ON INSERT TO t WHERE NEW.a > 0 DO INSTEAD (
    INSERT INTO a VALUES (NEW.a);
    UPDATE b SET n = (SELECT count(*) FROM a); -- and; so
    DELETE FROM c;
);

CREATE POLICY own ON t AS RESTRICTIVE FOR ALL TO app, PUBLIC
    USING (tenant = current_setting('app.tenant', true)::bigint) WITH CHECK (NOT locked);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
GRANT SELECT (a, b), UPDATE ON t TO app WITH GRANT OPTION;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "the app; user";
REVOKE ALL ON DATABASE db FROM PUBLIC CASCADE;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO app;
COMMENT ON TABLE t IS 'it''s a table; -- really';
COMMENT ON COLUMN t.a IS E'a\tb\'c;\\';
COMMENT ON FUNCTION f(int) IS U&'d\0061t\+000061; x' ;
COMMENT ON TABLE t IS U&'!0041;' UESCAPE '!';
SECURITY LABEL FOR x ON TABLE t IS NULL;
CREATE SCHEMA s AUTHORIZATION app CREATE TABLE a (b int) CREATE VIEW c AS SELECT 1;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;
CREATE STATISTICS st (ndistinct) ON a, b FROM t;
CREATE PUBLICATION p FOR TABLE t WHERE (a > 1);
CREATE SERVER srv FOREIGN DATA WRAPPER w OPTIONS (host 'a;b', port '5432');
COPY t (a, b) FROM '/data/a;b.csv' WITH (FORMAT csv, QUOTE '"', ESCAPE E'\\', NULL '');
COPY (SELECT ';' FROM t) TO PROGRAM 'gzip > /tmp/a;gz';
COPY stdin FROM '/data/stdin';
SET search_path TO "a;b", public;
SET LOCAL lock_timeout = '5s';
VACUUM (ANALYZE) t;
LOCK TABLE t IN ACCESS EXCLUSIVE MODE NOWAIT;
SECURITY LABEL ON TABLE t IS 'x'
