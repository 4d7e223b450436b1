CREATE TABLE t (id int, a int4range, b int, CONSTRAINT old EXCLUDE USING gist (a WITH &&));
