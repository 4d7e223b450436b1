-- UP data_loss:accepted
-- t.a becomes character varying(10) from character varying(50): fails where a value does not fit
ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(10);

-- t.b becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN b TYPE INTEGER;

-- t.c becomes numeric(8,2) from numeric(8,4): what does not fit is rounded or cut
ALTER TABLE t ALTER COLUMN c TYPE NUMERIC(8, 2);

-- t.d becomes date from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN d TYPE DATE USING d::date;

-- t.e becomes date from timestamp with time zone: what does not fit is rounded or cut
ALTER TABLE t ALTER COLUMN e TYPE DATE;

-- t.f becomes jsonb from json: what does not fit is rounded or cut
ALTER TABLE t ALTER COLUMN f TYPE JSONB;

