-- DOWN
CREATE TYPE mood AS ENUM ('sad', 'it''s ok');

CREATE SEQUENCE v_id_seq AS integer;
CREATE SEQUENCE odd AS bigint INCREMENT BY 3 START WITH 7;
CREATE TABLE v (
    id integer DEFAULT nextval('v_id_seq'::regclass) NOT NULL,
    odd integer DEFAULT nextval('odd'::regclass) NOT NULL,
    "select" text COLLATE "C" DEFAULT '{"a":true} 100%'::text NOT NULL,
    "Upper" text GENERATED ALWAYS AS (upper("select")) STORED,
    mood mood DEFAULT 'sad'::mood,
    moods mood[],
    amount numeric(10,2),
    during tstzrange,
    u_id bigint,
    CONSTRAINT v_pkey PRIMARY KEY (id),
    CONSTRAINT v_mood_odd_key UNIQUE (mood, odd),
    CONSTRAINT v_amount_check CHECK (amount > 0::numeric),
    CONSTRAINT v_during_excl EXCLUDE USING gist (during WITH &&) WHERE (odd > 3)
) WITH (fillfactor=70);
COMMENT ON TABLE v IS 'it''s';
ALTER SEQUENCE v_id_seq OWNED BY v.id;
ALTER SEQUENCE odd OWNED BY v.odd;
COMMENT ON COLUMN v."select" IS E'tab	and \\';
COMMENT ON CONSTRAINT v_pkey ON v IS 'key';
ALTER TABLE v ADD CONSTRAINT unchecked CHECK (id > 7) NOT VALID;
COMMENT ON CONSTRAINT unchecked ON v IS 'not yet';

CREATE TABLE u (
    id bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME u_id_seq START WITH 5) NOT NULL,
    CONSTRAINT u_pkey PRIMARY KEY (id)
);

CREATE INDEX v_moods_idx ON v USING gin (moods) WHERE mood = 'sad'::mood;
CREATE UNIQUE INDEX "Odd" ON v USING btree (lower("select") text_pattern_ops DESC) INCLUDE (id);
COMMENT ON INDEX "Odd" IS 'of v';

ALTER TABLE v ADD CONSTRAINT v_u_id_fkey FOREIGN KEY (u_id) REFERENCES u(id) ON DELETE CASCADE DEFERRABLE;

CREATE TRIGGER touched BEFORE UPDATE ON v FOR EACH ROW EXECUTE FUNCTION touch();
