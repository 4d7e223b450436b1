-- DOWN
ALTER TABLE t ADD COLUMN name character varying(50) DEFAULT 'x'::character varying NOT NULL;
ALTER TABLE t ADD COLUMN n integer;
ALTER TABLE t ADD COLUMN kind text COLLATE "C";
ALTER TABLE t ADD COLUMN data json DEFAULT '{"a":true}'::json;
ALTER TABLE t ADD COLUMN at timestamp with time zone DEFAULT now() NOT NULL;

ALTER TABLE t ADD CONSTRAINT t_n_key UNIQUE (n);
