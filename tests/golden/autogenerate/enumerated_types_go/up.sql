-- UP data_loss:accepted
-- drops the column k of t: its values are lost
ALTER TABLE t DROP COLUMN k;

ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE TEXT;
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'sad';

DROP TYPE kind;
DROP TYPE mood;

