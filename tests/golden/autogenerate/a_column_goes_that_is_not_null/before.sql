CREATE TABLE t (
    id serial PRIMARY KEY,
    name varchar(50) NOT NULL,
    at date NOT NULL,
    u uuid UNIQUE NOT NULL,
    mail varchar(255) UNIQUE NOT NULL
);
INSERT INTO t SELECT i, 'x', now(), gen_random_uuid(), i FROM generate_series(1, 2) AS i;
