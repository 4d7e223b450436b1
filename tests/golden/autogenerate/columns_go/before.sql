CREATE TABLE t (
    id serial PRIMARY KEY,
    name varchar(50) NOT NULL DEFAULT 'x',
    kind text COLLATE "C",
    n int UNIQUE,
    data json DEFAULT '{"a":true}',
    at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO t DEFAULT VALUES;
