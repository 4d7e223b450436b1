-- Up Migration
CREATE INDEX users_lower_email ON users (lower(email));

-- Down Migration
DROP INDEX users_lower_email;
