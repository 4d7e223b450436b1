CREATE TABLE t (
    id serial PRIMARY KEY,
    a int,
    b int GENERATED ALWAYS AS (a * 2) STORED,
    c int,
    d int GENERATED ALWAYS AS (a) STORED,
    e int GENERATED ALWAYS AS (a + 1) STORED,
    UNIQUE (b, a)
);
INSERT INTO t DEFAULT VALUES;
CREATE INDEX of_e ON t ((e + 1)) WHERE e > 0;
