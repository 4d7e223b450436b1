CREATE TABLE t (id serial PRIMARY KEY, a int, b int);
CREATE TABLE u (id serial PRIMARY KEY, t_a int);
INSERT INTO t (a, b) VALUES (1, 1);
