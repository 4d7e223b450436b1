-- spelled by PostgreSQL 16
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id serial PRIMARY KEY, a int, b varchar(9) NOT NULL, m mood, v text UNIQUE);
CREATE TABLE gone (id int PRIMARY KEY, a int);
CREATE INDEX of_gone ON gone (a);
CREATE INDEX of_a ON t (a);
CREATE VIEW v AS SELECT b FROM t;
INSERT INTO t (a, b) VALUES (1, 'x');
