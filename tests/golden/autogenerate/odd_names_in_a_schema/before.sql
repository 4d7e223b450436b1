-- spelled by PostgreSQL 16
CREATE SCHEMA "My app";
CREATE TYPE "My app"."Mood" AS ENUM ('it''s', '100%');
CREATE TABLE "My app"."T x" (
    "Id" serial PRIMARY KEY,
    "a%" int,
    "select" "My app"."Mood" DEFAULT '100%',
    "g""h" int GENERATED ALWAYS AS ("a%" + 1) STORED,
    b int
);
CREATE UNIQUE INDEX "I %" ON "My app"."T x" (b);
CREATE INDEX "J ""j" ON "My app"."T x" ("g""h");
CREATE TABLE "My app".u ("B" int CONSTRAINT "F k" REFERENCES "My app"."T x" (b));
CREATE VIEW "My app"."V v" AS SELECT "a%" AS "A a", "select" FROM "My app"."T x";
CREATE MATERIALIZED VIEW "My app"."M m" AS SELECT "A a" FROM "My app"."V v" WITH NO DATA;
CREATE INDEX "K k" ON "My app"."M m" ("A a");
GRANT SELECT ("A a") ON "My app"."V v" TO PUBLIC;
CREATE TABLE "My app"."Gone %" ("A" int DEFAULT 1);
GRANT SELECT ("A") ON "My app"."Gone %" TO PUBLIC;
