-- DOWN
DROP INDEX "Descending";
DROP INDEX gin;
DROP INDEX hashed;
DROP INDEX otherwise;

CREATE INDEX gone ON t USING gin (data jsonb_path_ops);
CREATE INDEX hashed ON t USING btree (a);
CREATE INDEX otherwise ON t USING btree (a) WHERE a = 'x'::text;
