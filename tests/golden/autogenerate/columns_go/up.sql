-- UP data_loss:accepted
ALTER TABLE t DROP CONSTRAINT t_n_key;

-- drops the column at of t: its values are lost
ALTER TABLE t DROP COLUMN at;

-- drops the column data of t: its values are lost
ALTER TABLE t DROP COLUMN data;

-- drops the column kind of t: its values are lost
ALTER TABLE t DROP COLUMN kind;

-- drops the column n of t: its values are lost
ALTER TABLE t DROP COLUMN n;

-- drops the column name of t: its values are lost
ALTER TABLE t DROP COLUMN name;

