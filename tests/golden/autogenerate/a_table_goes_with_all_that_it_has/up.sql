-- UP data_loss:accepted
-- drops the table v: its rows are lost
DROP TABLE v;

-- drops the table u: its rows are lost
DROP TABLE u;

DROP TYPE mood;

