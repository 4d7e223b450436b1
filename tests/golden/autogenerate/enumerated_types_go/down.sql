-- DOWN
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE kind AS ENUM ('a');

ALTER TABLE t ADD COLUMN k kind;

-- t.a becomes mood from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE mood USING a::mood;
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'sad'::mood;
