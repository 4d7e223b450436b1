-- UP
-- fails where rows of t break positive
ALTER TABLE t DROP CONSTRAINT positive;
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0);

-- fails where rows of t break t_b_fkey
ALTER TABLE t DROP CONSTRAINT t_b_fkey;
ALTER TABLE t ADD CONSTRAINT t_b_fkey FOREIGN KEY (b) REFERENCES t(id);

