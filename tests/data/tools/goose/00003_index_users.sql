-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY users_lower_email ON users (lower(email));

-- +goose Down
DROP INDEX CONCURRENTLY users_lower_email;
