-- DOWN
ALTER TABLE t DROP COLUMN b;

-- t.a becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN a TYPE integer;

ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a + 1) STORED;

ALTER TABLE t ADD CONSTRAINT t_b_key UNIQUE (b);
CREATE INDEX i ON t USING btree (b);
