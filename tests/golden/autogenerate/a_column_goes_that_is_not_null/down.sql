-- DOWN
-- rows that are there get gen_random_uuid() for what t.u has lost
ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid() NOT NULL;
ALTER TABLE t ALTER COLUMN u DROP DEFAULT;

-- rows that are there get '' for what t.name has lost
ALTER TABLE t ADD COLUMN name character varying(50) DEFAULT '' NOT NULL;
ALTER TABLE t ALTER COLUMN name DROP DEFAULT;

-- rows that are there get gen_random_uuid() for what t.mail has lost
ALTER TABLE t ADD COLUMN mail character varying(255) DEFAULT gen_random_uuid() NOT NULL;
ALTER TABLE t ALTER COLUMN mail DROP DEFAULT;

-- rows that are there get 'epoch' for what t.at has lost
ALTER TABLE t ADD COLUMN at date DEFAULT 'epoch' NOT NULL;
ALTER TABLE t ALTER COLUMN at DROP DEFAULT;

ALTER TABLE t ADD CONSTRAINT t_mail_key UNIQUE (mail);
ALTER TABLE t ADD CONSTRAINT t_u_key UNIQUE (u);
