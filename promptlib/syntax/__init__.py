"""PostgreSQL text: where statements end, what they make, drop and write. No database, no files."""
