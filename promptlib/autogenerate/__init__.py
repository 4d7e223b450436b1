"""The model against a database, and the SQL of a migration from that."""
