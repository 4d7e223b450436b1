CREATE TABLE t (id serial PRIMARY KEY, a int, b int CONSTRAINT t_b_key UNIQUE, c int);
CREATE UNIQUE INDEX i ON t (a);
CREATE UNIQUE INDEX same ON t (c);
CREATE TABLE u (
    id serial PRIMARY KEY,
    t_a int REFERENCES t (a) ON DELETE CASCADE,
    t_b int REFERENCES t (b) DEFERRABLE,
    t_c int REFERENCES t (c)
);
INSERT INTO t VALUES (1, 1, 1, 1);
INSERT INTO u VALUES (1, 1, 1, 1);
COMMENT ON CONSTRAINT u_t_a_fkey ON u IS 'kept';
