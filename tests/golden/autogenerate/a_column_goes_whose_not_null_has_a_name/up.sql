-- UP data_loss:accepted
-- drops the column a of t: its values are lost
ALTER TABLE t DROP COLUMN a;

