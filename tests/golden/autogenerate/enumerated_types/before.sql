CREATE TABLE t (id serial PRIMARY KEY, a text DEFAULT 'sad');
INSERT INTO t VALUES (1, 'sad');
