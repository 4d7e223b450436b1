-- UP
-- drops the view x, which needs what changes, and makes it again
DROP VIEW x;

-- drops the view w, which needs what changes, and makes it again
DROP VIEW w;

ALTER TYPE mood ADD VALUE 'new' AFTER 'ok';

-- makes kind anew: the tables that have it are rewritten
ALTER TABLE t DROP COLUMN g;
ALTER TYPE kind RENAME TO kind_before;
CREATE TYPE kind AS ENUM ('b', 'a');
ALTER TABLE t
    ALTER COLUMN k TYPE kind USING k::text::kind;
DROP TYPE kind_before;
ALTER TABLE t ADD COLUMN g boolean GENERATED ALWAYS AS (k = 'a'::kind) STORED;

CREATE VIEW w AS
SELECT id,
    g
   FROM t;

CREATE VIEW x AS
SELECT id
   FROM t
  WHERE ('b'::kind IS NOT NULL);

