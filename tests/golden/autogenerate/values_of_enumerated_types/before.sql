CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (id serial PRIMARY KEY, a mood DEFAULT 'ok', c mood[]);
INSERT INTO t DEFAULT VALUES;
