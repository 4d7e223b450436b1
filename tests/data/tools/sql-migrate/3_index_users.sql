-- +migrate Up notransaction
CREATE INDEX CONCURRENTLY users_lower_email ON users (lower(email));

-- +migrate Down notransaction
DROP INDEX CONCURRENTLY users_lower_email;
