-- DOWN
ALTER TABLE t DROP CONSTRAINT pair;
ALTER TABLE t DROP CONSTRAINT t_a_check;
DROP INDEX i;

-- t.b becomes character varying(9) from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN b TYPE character varying(9);

-- t.a becomes character varying(9) from character varying(20): fails where a value does not fit
ALTER TABLE t ALTER COLUMN a TYPE character varying(9);

ALTER TABLE t ADD CONSTRAINT pair CHECK (a::text <> b::text AND (b::text <> ALL (ARRAY['x'::character varying, 'y'::character varying])));

ALTER TABLE t ADD CONSTRAINT t_a_check CHECK (a::text = ANY (ARRAY['x'::character varying, 'y'::character varying]));
CREATE INDEX i ON t USING btree (a) WHERE a::text = ANY (ARRAY['x'::character varying, 'y'::character varying]);
