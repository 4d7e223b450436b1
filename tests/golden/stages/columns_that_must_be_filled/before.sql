CREATE TABLE t (id serial PRIMARY KEY, a int, b int, c int);
