-- spelled by PostgreSQL 16
CREATE TABLE t (id serial PRIMARY KEY, a int, b int, c int);
CREATE TABLE u (id int);
INSERT INTO t (a) VALUES (1);
CREATE VIEW v AS SELECT id, a FROM t;
CREATE VIEW w AS SELECT v.id, t.c FROM v JOIN t USING (id);
CREATE VIEW x AS SELECT id FROM u;
CREATE VIEW y AS SELECT b, c FROM t;
