CREATE TABLE t (id serial PRIMARY KEY, a int4range, b int, c int);
CREATE UNIQUE INDEX i ON t (b);
CREATE TABLE u (id serial PRIMARY KEY, t_b int REFERENCES t (b));
INSERT INTO t (b) VALUES (1);
