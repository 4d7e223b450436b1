-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.c' FROM t WHERE c IS NOT NULL
        UNION ALL
        SELECT count(*), 'values of t.b' FROM t WHERE b IS NOT NULL
    ) AS counted (number, what)
    WHERE number > 0;
    IF lost IS NOT NULL
        AND coalesce(current_setting('promptlib.allow_data_loss', true), '') <> 'on'
    THEN
        RAISE EXCEPTION 'this would delete %', lost
            USING HINT = 'back them up first if they matter; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;
END
$$;

-- drops the column c of t: its values are lost
ALTER TABLE t DROP COLUMN c;

-- drops the column b of t: its values are lost
ALTER TABLE t DROP COLUMN b;

ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE text;
ALTER TABLE t ALTER COLUMN a SET DEFAULT 'sad'::text;

DROP TYPE mood;
