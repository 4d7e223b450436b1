-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY users_lower_email ON users (lower(email));

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY users_lower_email;
