-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.at' FROM t WHERE at IS NOT NULL
        UNION ALL
        SELECT count(*), 'values of t."Größe"' FROM t WHERE "Größe" IS DISTINCT FROM '0'
        UNION ALL
        SELECT count(*), 'values of t.data' FROM t WHERE data IS DISTINCT FROM '{"a":true}'
        UNION ALL
        SELECT count(*), 'values of t.name' FROM t WHERE name IS NOT NULL
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

-- drops the column at of t: its values are lost
ALTER TABLE t DROP COLUMN at;

-- drops the column Größe of t: its values are lost
ALTER TABLE t DROP COLUMN "Größe";

-- drops the column data of t: its values are lost
ALTER TABLE t DROP COLUMN data;

-- drops the column name of t: its values are lost
ALTER TABLE t DROP COLUMN name;
