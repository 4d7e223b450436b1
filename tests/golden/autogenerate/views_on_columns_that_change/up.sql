-- UP
-- drops the view a_first, which needs what changes, and makes it again
DROP VIEW a_first;

-- drops the materialized view m, which needs what changes, and makes it again
DROP MATERIALIZED VIEW m;

-- drops the view v, which needs what changes, and makes it again
DROP VIEW v;

-- drops the materialized view empty, which needs what changes, and makes it again
DROP MATERIALIZED VIEW empty;

ALTER TABLE t ALTER COLUMN a TYPE BIGINT;
ALTER TABLE t ALTER COLUMN b TYPE TEXT;

CREATE MATERIALIZED VIEW empty AS
SELECT b
   FROM t
WITH NO DATA;

CREATE VIEW v WITH (security_barrier=true) AS
SELECT id,
    a AS "A",
    b
   FROM t
  WHERE (a > 0);
COMMENT ON VIEW v IS 'it''s a view';
COMMENT ON COLUMN v."A" IS 'a';
ALTER TABLE v ALTER COLUMN b SET DEFAULT 'y'::character varying;
GRANT UPDATE (b) ON v TO pg_monitor;
CREATE TRIGGER instead INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION nothing();
GRANT SELECT ON v TO PUBLIC;

-- it had data: run REFRESH MATERIALIZED VIEW m when it suits
CREATE MATERIALIZED VIEW m AS
SELECT "A",
    count(*) AS n
   FROM v
  GROUP BY "A"
WITH NO DATA;
COMMENT ON MATERIALIZED VIEW m IS 'kept';
CREATE UNIQUE INDEX m_a ON public.m USING btree ("A");
COMMENT ON INDEX m_a IS 'of m';
GRANT SELECT ON m TO pg_monitor;

CREATE VIEW a_first AS
SELECT n
   FROM m;

