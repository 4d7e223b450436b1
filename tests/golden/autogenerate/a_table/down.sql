-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'rows of t' FROM t
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

-- drops the table t: its rows are lost
DROP TABLE t;
