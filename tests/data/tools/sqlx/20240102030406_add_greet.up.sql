CREATE FUNCTION greet(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN format('hello; %s', name);
END;
$$;
