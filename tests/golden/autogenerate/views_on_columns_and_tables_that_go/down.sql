-- DOWN
-- drops the view y, which needs what changes, and makes it again
DROP VIEW y;

CREATE TABLE u (
    id integer
);

ALTER TABLE t ADD COLUMN a integer;

-- t.c becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN c TYPE integer;

CREATE VIEW v AS
SELECT id,
    a
   FROM t;

CREATE VIEW x AS
SELECT id
   FROM u;

CREATE VIEW y AS
SELECT b,
    c
   FROM t;

CREATE VIEW w AS
SELECT v.id,
    t.c
   FROM (v
     JOIN t USING (id));
