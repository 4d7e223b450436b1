-- UP data_loss:accepted
-- drops the table u: its rows are lost
DROP TABLE u;

-- drops the table t: its rows are lost
DROP TABLE t;

