-- +migrate Up
-- +migrate StatementBegin
CREATE FUNCTION greet(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN format('hello; %s', name);
END;
$$;
-- +migrate StatementEnd

-- +migrate Down
DROP FUNCTION greet(text);
