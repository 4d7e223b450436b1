CREATE TABLE t (
    id serial PRIMARY KEY,
    a varchar(50) DEFAULT 'x',
    b int DEFAULT 0,
    c numeric(8,2),
    d varchar(9),
    e date
);
INSERT INTO t DEFAULT VALUES;
