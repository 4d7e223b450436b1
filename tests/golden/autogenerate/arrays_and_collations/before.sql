CREATE TABLE t (id serial PRIMARY KEY, a text, b text COLLATE "C", c varchar[]);
INSERT INTO t DEFAULT VALUES;
