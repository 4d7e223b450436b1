-- +migrate Up
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE
);
INSERT INTO users (email) VALUES ('semi;colon-- 100% $1 :name');

-- +migrate Down
DROP TABLE users;
