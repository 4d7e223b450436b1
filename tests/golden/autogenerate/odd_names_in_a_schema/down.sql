-- DOWN
DO $$
DECLARE
    lost text;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE "My app"."Fresh" IN ACCESS EXCLUSIVE MODE;
    SELECT string_agg(number || ' ' || what, ', ') INTO lost
    FROM (
        SELECT count(*), 'rows of "My app"."Fresh"' FROM "My app"."Fresh"
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

-- drops the materialized view "My app"."M m", which needs what changes, and makes it again
DROP MATERIALIZED VIEW "My app"."M m";

-- drops the view "My app"."V v", which needs what changes, and makes it again
DROP VIEW "My app"."V v";

ALTER TABLE "My app".u DROP CONSTRAINT "F k";

-- drops the table "My app"."Fresh": its rows are lost
DROP TABLE "My app"."Fresh";

DROP INDEX "My app"."I %";

ALTER TABLE "My app"."T x" DROP CONSTRAINT "C c";
ALTER TABLE "My app"."T x" DROP CONSTRAINT "U u";

ALTER TABLE "My app"."T x" DROP COLUMN "g""h";

-- removes 'new' from "My app"."Mood": fails where a row still holds it
-- makes "My app"."Mood" anew: the tables that have it are rewritten
DO $$
DECLARE
    holding bigint;
BEGIN
    SELECT sum(number) INTO holding
    FROM (
        SELECT count(*) FROM "My app"."T x" WHERE "select"::text IN ('new')
    ) AS counted (number);
    IF holding > 0 THEN
        RAISE EXCEPTION '% values of "My app"."Mood" are to go and still held', holding
            USING HINT = 'give those rows other values first';
    END IF;
END
$$;
ALTER TYPE "My app"."Mood" RENAME TO "Mood_before";
CREATE TYPE "My app"."Mood" AS ENUM ('it''s', '100%');
ALTER TABLE "My app"."T x"
    ALTER COLUMN "select" DROP DEFAULT,
    ALTER COLUMN "select" TYPE "My app"."Mood" USING "select"::text::"My app"."Mood";
DROP TYPE "My app"."Mood_before";

CREATE TABLE "My app"."Gone %" (
    "A" integer DEFAULT 1
);
GRANT SELECT ("A") ON "My app"."Gone %" TO PUBLIC;

ALTER TABLE "My app"."T x" ALTER COLUMN "select" SET DEFAULT '100%'::"My app"."Mood";

-- "My app"."T x".a% becomes integer from bigint: fails where a value does not fit
ALTER TABLE "My app"."T x" ALTER COLUMN "a%" TYPE integer;
ALTER TABLE "My app"."T x" ALTER COLUMN "a%" DROP NOT NULL;

ALTER TABLE "My app"."T x" ADD COLUMN "g""h" integer GENERATED ALWAYS AS ("a%" + 1) STORED;

DROP SEQUENCE "S s";

CREATE INDEX "J ""j" ON "My app"."T x" USING btree ("g""h");
CREATE UNIQUE INDEX "I %" ON "My app"."T x" USING btree (b);

ALTER TABLE "My app".u ADD CONSTRAINT "F k" FOREIGN KEY ("B") REFERENCES "My app"."T x"(b);

CREATE VIEW "My app"."V v" AS
SELECT "a%" AS "A a",
    "select"
   FROM "My app"."T x";
GRANT SELECT ("A a") ON "My app"."V v" TO PUBLIC;

CREATE MATERIALIZED VIEW "My app"."M m" AS
SELECT "A a"
   FROM "My app"."V v"
WITH NO DATA;
CREATE INDEX "K k" ON "My app"."M m" USING btree ("A a");
