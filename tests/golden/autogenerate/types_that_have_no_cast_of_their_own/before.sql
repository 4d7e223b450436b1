CREATE TABLE t (
    id serial PRIMARY KEY,
    a text DEFAULT '7',
    b varchar(36),
    c boolean,
    d int[]
);
INSERT INTO t VALUES (1, '1', gen_random_uuid(), 't', '{1}');
