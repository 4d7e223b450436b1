CREATE TABLE t (
    id serial PRIMARY KEY,
    a varchar(50),
    b bigint,
    c numeric(8,4),
    d text,
    e timestamptz,
    f json
);
INSERT INTO t DEFAULT VALUES;
