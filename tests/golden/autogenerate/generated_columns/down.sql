-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.d' FROM t WHERE d IS NOT NULL
        UNION ALL
        SELECT count(*), 'values of t.g' FROM t WHERE g IS NOT NULL
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

ALTER TABLE t DROP COLUMN e;
ALTER TABLE t DROP COLUMN c;
ALTER TABLE t DROP COLUMN b;
ALTER TABLE t DROP COLUMN f;

-- drops the column d of t: its values are lost
ALTER TABLE t DROP COLUMN d;

-- drops the column g of t: its values are lost
ALTER TABLE t DROP COLUMN g;

ALTER TABLE t ADD COLUMN c integer;

ALTER TABLE t ADD COLUMN e integer GENERATED ALWAYS AS (a + 1) STORED;
ALTER TABLE t ADD COLUMN b integer GENERATED ALWAYS AS (a * 2) STORED;
ALTER TABLE t ADD COLUMN d integer GENERATED ALWAYS AS (a) STORED;

ALTER TABLE t ADD CONSTRAINT t_b_a_key UNIQUE (b, a);
CREATE INDEX of_e ON t USING btree ((e + 1)) WHERE e > 0;
