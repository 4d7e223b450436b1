CREATE TABLE t (id serial PRIMARY KEY, a text, b text, data jsonb);
INSERT INTO t DEFAULT VALUES;
CREATE INDEX gone ON t USING gin (data jsonb_path_ops);
CREATE INDEX partial ON t (a) WHERE a IN ('x', 'y');
CREATE INDEX otherwise ON t (a) WHERE a = 'x';
CREATE INDEX expression ON t (lower(a), (a || b));
CREATE INDEX hashed ON t (a);
