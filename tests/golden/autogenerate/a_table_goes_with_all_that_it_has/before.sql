CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');
CREATE SEQUENCE odd START 7 INCREMENT 3;
CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 5) PRIMARY KEY);
CREATE TABLE v (
    id serial PRIMARY KEY,
    odd int NOT NULL DEFAULT nextval('odd'),
    "select" text COLLATE "C" NOT NULL DEFAULT '{"a":true} 100%',
    "Upper" text GENERATED ALWAYS AS (upper("select")) STORED,
    mood mood DEFAULT 'sad', moods mood[],
    amount numeric(10,2) CHECK (amount > 0),
    during tstzrange, u_id bigint REFERENCES u ON DELETE CASCADE DEFERRABLE,
    UNIQUE (mood, odd),
    EXCLUDE USING gist (during WITH &&) WHERE (odd > 3)
) WITH (fillfactor = 70);
ALTER SEQUENCE odd OWNED BY v.odd;
ALTER TABLE v ADD CONSTRAINT unchecked CHECK (id > 7) NOT VALID;
CREATE INDEX ON v USING gin (moods array_ops) WHERE mood = 'sad';
CREATE UNIQUE INDEX "Odd" ON v (lower("select") text_pattern_ops DESC) INCLUDE (id);
COMMENT ON INDEX "Odd" IS 'of v'; COMMENT ON CONSTRAINT unchecked ON v IS 'not yet';
COMMENT ON CONSTRAINT v_pkey ON v IS 'key'; COMMENT ON TABLE v IS 'it''s';
COMMENT ON COLUMN v."select" IS 'tab	and \';
CREATE TRIGGER touched BEFORE UPDATE ON v FOR EACH ROW EXECUTE FUNCTION touch();
INSERT INTO u DEFAULT VALUES;
