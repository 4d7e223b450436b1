-- UP
-- t.a becomes integer from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE INTEGER USING a::integer;
ALTER TABLE t ALTER COLUMN a SET DEFAULT '8';

-- t.b becomes uuid from character varying(36): fails where a value does not fit
ALTER TABLE t ALTER COLUMN b TYPE UUID USING b::uuid;
ALTER TABLE t ALTER COLUMN c TYPE INTEGER USING c::integer;
ALTER TABLE t ALTER COLUMN d TYPE TEXT;

