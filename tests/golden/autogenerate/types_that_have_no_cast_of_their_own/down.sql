-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.c that do not fit boolean' FROM t WHERE c::boolean::integer IS DISTINCT FROM c
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

-- t.d becomes integer[] from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN d TYPE integer[] USING d::integer[];

-- t.c becomes boolean from integer: what does not fit is rounded or cut
ALTER TABLE t ALTER COLUMN c TYPE boolean USING c::boolean;

-- t.b becomes character varying(36) from uuid: fails where a value does not fit
ALTER TABLE t ALTER COLUMN b TYPE character varying(36);
ALTER TABLE t ALTER COLUMN a DROP DEFAULT;
ALTER TABLE t ALTER COLUMN a TYPE text;
ALTER TABLE t ALTER COLUMN a SET DEFAULT '7'::text;
