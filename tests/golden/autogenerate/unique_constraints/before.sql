CREATE TABLE t (
    id serial PRIMARY KEY,
    a int,
    b int,
    c int UNIQUE,
    CONSTRAINT odd UNIQUE (a, b)
);
INSERT INTO t DEFAULT VALUES;
