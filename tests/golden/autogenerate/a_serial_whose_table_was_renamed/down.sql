-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE t IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'values of t.fresh' FROM t WHERE fresh IS NOT NULL
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

-- drops the column fresh of t: its values are lost
ALTER TABLE t DROP COLUMN fresh;

CREATE SEQUENCE s_m_seq AS integer;
ALTER TABLE t ADD COLUMN m integer DEFAULT nextval('s_m_seq'::regclass);
ALTER SEQUENCE s_m_seq OWNED BY t.m;

ALTER SEQUENCE s_id_seq AS integer;
ALTER TABLE t ALTER COLUMN "N" DROP IDENTITY;

-- t.id becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN id TYPE integer;

CREATE SEQUENCE s_n_seq AS integer OWNED BY t."N";
ALTER TABLE t ALTER COLUMN "N" SET DEFAULT nextval('s_n_seq'::regclass);
SELECT setval('s_n_seq', max("N")) FROM t;
