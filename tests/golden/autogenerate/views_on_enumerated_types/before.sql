-- spelled by PostgreSQL 16
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE kind AS ENUM ('a', 'b');
CREATE TABLE t (
    id serial PRIMARY KEY,
    a mood,
    k kind,
    g boolean GENERATED ALWAYS AS (k = 'a') STORED
);
INSERT INTO t (a, k) VALUES ('sad', 'a');
CREATE VIEW v AS SELECT a FROM t;
CREATE VIEW w AS SELECT id, g FROM t;
CREATE VIEW x AS SELECT id FROM t WHERE 'b'::kind IS NOT NULL;
