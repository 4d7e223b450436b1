-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE app.u IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'rows of app.u' FROM app.u
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

-- drops the table app.u: its rows are lost
DROP TABLE app.u;

DROP INDEX app.i;

ALTER TABLE app.t DROP CONSTRAINT t_b_check;

-- removes 'ok' from app.mood: fails where a row still holds it
-- makes app.mood anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM app.t WHERE a::text IN ('ok')
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of app.mood are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END
$$;
ALTER TYPE app.mood RENAME TO mood_before;
CREATE TYPE app.mood AS ENUM ('sad');
ALTER TABLE app.t
    ALTER COLUMN a TYPE app.mood USING a::text::app.mood;
DROP TYPE app.mood_before;

CREATE TABLE app.gone (
    id integer
);

-- app.t.c becomes integer from bigint: fails where a value does not fit
ALTER TABLE app.t ALTER COLUMN c TYPE integer;

ALTER TABLE app.t ADD CONSTRAINT t_b_check CHECK (b > 0);

CREATE INDEX i ON app.t USING btree (c) WHERE c > 0;
