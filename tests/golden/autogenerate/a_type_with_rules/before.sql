CREATE TABLE t (
    id serial PRIMARY KEY,
    a varchar(9) CHECK (a IN ('x', 'y')),
    b varchar(9),
    CONSTRAINT pair CHECK (a <> b AND b NOT IN ('x', 'y'))
);
INSERT INTO t VALUES (1, 'x', 'z');
CREATE INDEX i ON t (a) WHERE a IN ('x', 'y');
