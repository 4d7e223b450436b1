CREATE TABLE t (id serial PRIMARY KEY, a int, b text);
INSERT INTO t (a) VALUES (1);
CREATE INDEX gone ON t (a);
CREATE INDEX other ON t (b);
COMMENT ON INDEX other IS 'kept';
