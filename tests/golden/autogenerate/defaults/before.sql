CREATE TABLE t (
    id serial PRIMARY KEY,
    a text,
    b text DEFAULT 'x',
    c text DEFAULT '{"a":true} 50%',
    d json DEFAULT '{}',
    e uuid DEFAULT gen_random_uuid(),
    f timestamptz DEFAULT now(),
    g int DEFAULT 1 + 1
);
INSERT INTO t DEFAULT VALUES;
