CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE kind AS ENUM ('a');
CREATE TABLE t (id serial PRIMARY KEY, a mood DEFAULT 'sad', k kind);
INSERT INTO t DEFAULT VALUES;
