"""A schema as text, made of what pg_dump writes: the same bytes for one schema, wherever it is."""
