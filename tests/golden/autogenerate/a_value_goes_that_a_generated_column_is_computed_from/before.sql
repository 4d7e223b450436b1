CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone');
CREATE TABLE t (
    id serial PRIMARY KEY,
    a mood NOT NULL,
    b boolean GENERATED ALWAYS AS (a = 'ok') STORED,
    c int CHECK (c > 0)
);
INSERT INTO t (a) VALUES ('sad'), ('ok');
CREATE INDEX i ON t (b) WHERE b;
COMMENT ON COLUMN t.b IS 'whether it is ok';
ALTER TABLE t ADD CONSTRAINT rule CHECK (b OR c IS NULL);
