-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.e that do not fit date' FROM t WHERE e::date::timestamp without time zone IS DISTINCT FROM e
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

-- t.e becomes date from timestamp without time zone: what does not fit is rounded or cut
ALTER TABLE t ALTER COLUMN e TYPE date;

-- t.d becomes character varying(9) from character varying: fails where a value does not fit
ALTER TABLE t ALTER COLUMN d TYPE character varying(9);

-- t.c becomes numeric(8,2) from numeric(12,2): fails where a value does not fit
ALTER TABLE t ALTER COLUMN c TYPE numeric(8,2);

-- t.b becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN b DROP DEFAULT;
ALTER TABLE t ALTER COLUMN b TYPE integer;
ALTER TABLE t ALTER COLUMN b SET DEFAULT 0;

-- t.a becomes character varying(50) from character varying(100): fails where a value does not fit
ALTER TABLE t ALTER COLUMN a TYPE character varying(50);
