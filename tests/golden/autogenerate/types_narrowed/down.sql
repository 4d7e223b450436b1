-- DOWN
ALTER TABLE t ALTER COLUMN f TYPE json;
ALTER TABLE t ALTER COLUMN e TYPE timestamp with time zone;
ALTER TABLE t ALTER COLUMN d TYPE text;

-- t.c becomes numeric(8,4) from numeric(8,2): fails where a value does not fit
ALTER TABLE t ALTER COLUMN c TYPE numeric(8,4);
ALTER TABLE t ALTER COLUMN b TYPE bigint;
ALTER TABLE t ALTER COLUMN a TYPE character varying(50);
