CREATE TABLE t (
    id serial PRIMARY KEY,
    a int NOT NULL,
    b int GENERATED ALWAYS AS (a + 1) STORED UNIQUE
);
INSERT INTO t (a) VALUES (1), (2);
CREATE INDEX i ON t (b);
