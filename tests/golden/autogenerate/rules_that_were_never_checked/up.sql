-- UP
-- fails where rows of t break positive
ALTER TABLE t VALIDATE CONSTRAINT positive;

-- fails where rows of t break t_b_fkey
ALTER TABLE t VALIDATE CONSTRAINT t_b_fkey;

