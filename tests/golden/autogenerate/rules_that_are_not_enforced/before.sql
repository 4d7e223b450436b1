-- PostgreSQL 18
CREATE TABLE t (
    id serial PRIMARY KEY,
    a int CONSTRAINT positive CHECK (a > 0) NOT ENFORCED,
    b int CONSTRAINT t_b_fkey REFERENCES t NOT ENFORCED
);
INSERT INTO t VALUES (1, 1, 1);
