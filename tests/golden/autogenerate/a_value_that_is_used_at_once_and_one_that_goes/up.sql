-- UP
-- removes 'gone' from mood: fails where a row still holds it
-- makes mood anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM t WHERE a::text IN ('gone')
        UNION ALL
        SELECT count(*) FROM t WHERE c::text[] && ARRAY['gone']
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of mood are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END
$$;
DROP INDEX i;
ALTER TABLE t DROP CONSTRAINT t_a_check;
ALTER TYPE mood RENAME TO mood_before;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'new');
ALTER TABLE t
    ALTER COLUMN a DROP DEFAULT,
    ALTER COLUMN a TYPE mood USING a::text::mood;
ALTER TABLE t
    ALTER COLUMN c DROP DEFAULT,
    ALTER COLUMN c TYPE mood[] USING c::text::mood[],
    ALTER COLUMN c SET DEFAULT '{sad}'::mood[];
DROP TYPE mood_before;
ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a <> 'sad'::mood);
CREATE INDEX i ON t USING btree (a) WHERE a = 'ok'::mood;

ALTER TABLE t ALTER COLUMN a SET DEFAULT 'new';

