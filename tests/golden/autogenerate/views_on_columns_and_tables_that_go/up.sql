-- UP data_loss:accepted
-- drops the view w, which needs what goes: write here what it shows from now on
DROP VIEW w;

-- drops the view y, which needs what changes, and makes it again
DROP VIEW y;

-- drops the view x, which needs what goes: write here what it shows from now on
DROP VIEW x;

-- drops the view v, which needs what goes: write here what it shows from now on
DROP VIEW v;

-- drops the table u: its rows are lost
DROP TABLE u;

-- drops the column a of t: its values are lost
ALTER TABLE t DROP COLUMN a;

ALTER TABLE t ALTER COLUMN c TYPE BIGINT;

CREATE VIEW y AS
SELECT b,
    c
   FROM t;

