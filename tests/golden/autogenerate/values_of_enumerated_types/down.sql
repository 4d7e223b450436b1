-- DOWN
-- removes '1st', '2', '3', 'it''s', 'last' from mood: fails where a row still holds it
-- makes mood anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM t WHERE a::text IN ('1st', '2', '3', 'it''s', 'last')
        UNION ALL
        SELECT count(*) FROM t WHERE c::text[] && ARRAY['1st', '2', '3', 'it''s', 'last']
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
    ALTER COLUMN a DROP DEFAULT,
    ALTER COLUMN a TYPE mood USING a::text::mood,
    ALTER COLUMN a SET DEFAULT 'ok'::mood;
ALTER TABLE t
    ALTER COLUMN c TYPE mood[] USING c::text::mood[];
DROP TYPE mood_before;
