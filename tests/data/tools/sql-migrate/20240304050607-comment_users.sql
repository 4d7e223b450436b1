-- +migrate Up
COMMENT ON TABLE users IS 'people; all of them';

-- +migrate Down
-- nothing to take back
