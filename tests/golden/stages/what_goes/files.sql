-- _x_drop_indexes.sql
-- UP transaction:false
DROP INDEX CONCURRENTLY IF EXISTS of_a;

-- DOWN transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS of_a ON t USING btree (a);

-- _x.sql
-- UP data_loss:accepted
-- drops the view v, which needs what changes, and makes it again
DROP VIEW v;

-- drops the table gone: its rows are lost
DROP TABLE gone;

ALTER TABLE t DROP CONSTRAINT t_v_key;

-- drops the column a of t: its values are lost
ALTER TABLE t DROP COLUMN a;

ALTER TYPE mood ADD VALUE 'new' AFTER 'ok';

ALTER TABLE t ALTER COLUMN b TYPE TEXT;
ALTER TABLE t ALTER COLUMN b DROP NOT NULL;

CREATE VIEW v AS
SELECT b
   FROM t;

-- DOWN
-- drops the view v, which needs what changes, and makes it again
DROP VIEW v;

-- removes 'new' from mood: fails where a row still holds it
-- makes mood anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM t WHERE m::text IN ('new')
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
    ALTER COLUMN m TYPE mood USING m::text::mood;
DROP TYPE mood_before;

CREATE TABLE gone (
    id integer NOT NULL,
    a integer,
    CONSTRAINT gone_pkey PRIMARY KEY (id)
);

ALTER TABLE t ADD COLUMN a integer;

-- t.b becomes character varying(9) from text: fails where a value does not fit
-- fails where t.b is NULL
ALTER TABLE t ALTER COLUMN b TYPE character varying(9);
ALTER TABLE t ALTER COLUMN b SET NOT NULL;

ALTER TABLE t ADD CONSTRAINT t_v_key UNIQUE (v);

CREATE INDEX of_gone ON gone USING btree (a);

CREATE VIEW v AS
SELECT b
   FROM t;

