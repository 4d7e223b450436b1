CREATE TABLE t (id serial PRIMARY KEY, a int, b int, c text CHECK (c <> ''));
CREATE TABLE w (id int, x int UNIQUE);
INSERT INTO t (a, b, c) VALUES (1, 1, 'x');
