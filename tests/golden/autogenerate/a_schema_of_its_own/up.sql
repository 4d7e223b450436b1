-- UP data_loss:accepted
-- drops the table app.gone: its rows are lost
-- if gone is to be called u, write instead: ALTER TABLE app.gone RENAME TO u
DROP TABLE app.gone;

DROP INDEX app.i;

ALTER TABLE app.t DROP CONSTRAINT t_b_check;

ALTER TYPE app.mood ADD VALUE 'ok' AFTER 'sad';

CREATE TABLE app.u (
    id INTEGER NOT NULL,
    PRIMARY KEY (id)
);

ALTER TABLE app.t ALTER COLUMN c TYPE BIGINT;

ALTER TABLE app.t ADD CONSTRAINT t_b_check CHECK (b > 1);

CREATE INDEX i ON app.t (c) WHERE c > 1;

ALTER TABLE app.u ADD CONSTRAINT u_id_fkey FOREIGN KEY (id) REFERENCES app.t (id);

