CREATE TYPE mood AS ENUM ('sad', 'ok', 'gone');
CREATE TABLE t (
    id serial PRIMARY KEY,
    a mood NOT NULL DEFAULT 'ok',
    c mood[] DEFAULT '{sad}',
    CHECK (a <> 'sad')
);
INSERT INTO t DEFAULT VALUES;
CREATE INDEX i ON t (a) WHERE a = 'ok';
CREATE INDEX j ON t (a, c);
