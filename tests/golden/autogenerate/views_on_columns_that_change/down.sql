-- DOWN
-- drops the view a_first, which needs what changes, and makes it again
DROP VIEW a_first;

-- drops the materialized view m, which needs what changes, and makes it again
DROP MATERIALIZED VIEW m;

-- drops the view v, which needs what changes, and makes it again
DROP VIEW v;

-- drops the materialized view empty, which needs what changes, and makes it again
DROP MATERIALIZED VIEW empty;

-- t.b becomes character varying(9) from text: fails where a value does not fit
ALTER TABLE t ALTER COLUMN b TYPE character varying(9);

-- t.a becomes integer from bigint: fails where a value does not fit
ALTER TABLE t ALTER COLUMN a TYPE integer;

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

-- fills it, which takes as long as its query
CREATE MATERIALIZED VIEW m AS
SELECT "A",
    count(*) AS n
   FROM v
  GROUP BY "A";
COMMENT ON MATERIALIZED VIEW m IS 'kept';
CREATE UNIQUE INDEX m_a ON public.m USING btree ("A");
COMMENT ON INDEX m_a IS 'of m';
GRANT SELECT ON m TO pg_monitor;

CREATE VIEW a_first AS
SELECT n
   FROM m;
