-- UP
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', '100%');

ALTER TABLE t ADD COLUMN b mood;
ALTER TABLE t ADD COLUMN c mood[];

-- t.a becomes mood from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE mood USING a::mood;
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'sad';

