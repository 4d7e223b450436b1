-- UP
DROP INDEX gone;
DROP INDEX hashed;
DROP INDEX otherwise;

CREATE UNIQUE INDEX "Descending" ON t (a DESC NULLS LAST) INCLUDE (b);
CREATE INDEX gin ON t USING gin (data jsonb_path_ops);
CREATE INDEX hashed ON t USING hash (a);
CREATE INDEX otherwise ON t (a) WHERE a = '100%';

