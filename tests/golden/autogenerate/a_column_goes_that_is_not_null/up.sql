-- UP data_loss:accepted
ALTER TABLE t DROP CONSTRAINT t_mail_key;
ALTER TABLE t DROP CONSTRAINT t_u_key;

-- drops the column at of t: its values are lost
ALTER TABLE t DROP COLUMN at;

-- drops the column mail of t: its values are lost
ALTER TABLE t DROP COLUMN mail;

-- drops the column name of t: its values are lost
ALTER TABLE t DROP COLUMN name;

-- drops the column u of t: its values are lost
ALTER TABLE t DROP COLUMN u;

