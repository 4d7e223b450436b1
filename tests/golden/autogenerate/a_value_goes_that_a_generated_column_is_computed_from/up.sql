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
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of mood are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END
$$;
DROP INDEX i;
ALTER TABLE t DROP CONSTRAINT rule;
ALTER TABLE t DROP COLUMN b;
ALTER TYPE mood RENAME TO mood_before;
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TABLE t
    ALTER COLUMN a TYPE mood USING a::text::mood;
DROP TYPE mood_before;
ALTER TABLE t ADD COLUMN b boolean GENERATED ALWAYS AS (a = 'ok'::mood) STORED;
COMMENT ON COLUMN t.b IS 'whether it is ok';
CREATE INDEX i ON t USING btree (b) WHERE b;
ALTER TABLE t ADD CONSTRAINT rule CHECK (b OR c IS NULL);

