-- UP data_loss:accepted
-- drops the materialized view "My app"."M m", which needs what changes, and makes it again
DROP MATERIALIZED VIEW "My app"."M m";

-- drops the view "My app"."V v", which needs what changes, and makes it again
DROP VIEW "My app"."V v";

ALTER TABLE "My app".u DROP CONSTRAINT "F k";

-- drops the table "My app"."Gone %": its rows are lost
DROP TABLE "My app"."Gone %";

DROP INDEX "My app"."I %";

ALTER TABLE "My app"."T x" DROP COLUMN "g""h";

CREATE SEQUENCE "S s";

-- makes "My app"."Mood" anew: the tables that have it are rewritten
ALTER TYPE "My app"."Mood" RENAME TO "Mood_before";
CREATE TYPE "My app"."Mood" AS ENUM ('100%', 'it''s', 'new');
ALTER TABLE "My app"."T x"
    ALTER COLUMN "select" DROP DEFAULT,
    ALTER COLUMN "select" TYPE "My app"."Mood" USING "select"::text::"My app"."Mood";
DROP TYPE "My app"."Mood_before";

CREATE TABLE "My app"."Fresh" (
    x TEXT DEFAULT nextval('"S s"')
);

-- fails where "My app"."T x".a% is NULL
ALTER TABLE "My app"."T x" ALTER COLUMN "a%" TYPE BIGINT;
ALTER TABLE "My app"."T x" ALTER COLUMN "a%" SET NOT NULL;
ALTER TABLE "My app"."T x" ALTER COLUMN "select" SET DEFAULT 'new';

ALTER TABLE "My app"."T x" ADD COLUMN "g""h" INTEGER GENERATED ALWAYS AS ("a%" + 1) STORED;

ALTER TABLE "My app"."T x" ADD CONSTRAINT "C c" CHECK (b > 0);
ALTER TABLE "My app"."T x" ADD CONSTRAINT "U u" UNIQUE (b);

CREATE UNIQUE INDEX "I %" ON "My app"."T x" (b, "a%");
CREATE INDEX "J ""j" ON "My app"."T x" USING btree ("g""h");

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

