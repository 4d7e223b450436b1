-- _x.sql
-- UP transaction:false
CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_app_t_a ON app.t (a);

-- DOWN transaction:false
DROP INDEX CONCURRENTLY IF EXISTS app.ix_app_t_a;

