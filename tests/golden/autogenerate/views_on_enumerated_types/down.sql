-- DOWN
-- drops the view x, which needs what changes, and makes it again
DROP VIEW x;

-- drops the view w, which needs what changes, and makes it again
DROP VIEW w;

-- drops the view v, which needs what changes, and makes it again
DROP VIEW v;

-- makes kind anew: the tables that have it are rewritten
ALTER TABLE t DROP COLUMN g;
ALTER TYPE kind RENAME TO kind_before;
CREATE TYPE kind AS ENUM ('a', 'b');
ALTER TABLE t
    ALTER COLUMN k TYPE kind USING k::text::kind;
DROP TYPE kind_before;
ALTER TABLE t ADD COLUMN g boolean GENERATED ALWAYS AS (k = 'a'::kind) STORED;

-- removes 'new' from mood: fails where a row still holds it
-- makes mood anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM t WHERE a::text IN ('new')
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of mood are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END
$$;
ALTER TYPE mood RENAME TO mood_before;
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TABLE t
    ALTER COLUMN a TYPE mood USING a::text::mood;
DROP TYPE mood_before;

CREATE VIEW v AS
SELECT a
   FROM t;

CREATE VIEW w AS
SELECT id,
    g
   FROM t;

CREATE VIEW x AS
SELECT id
   FROM t
  WHERE ('b'::kind IS NOT NULL);
