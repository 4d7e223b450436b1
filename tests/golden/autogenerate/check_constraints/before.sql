CREATE TABLE t (
    id serial PRIMARY KEY,
    a int CONSTRAINT gone CHECK (a > 0),
    b varchar(9) CONSTRAINT same CHECK (b IN ('x', 'y')),
    c int CONSTRAINT other CHECK (c < 5),
    CHECK (a < c)
);
INSERT INTO t DEFAULT VALUES;
