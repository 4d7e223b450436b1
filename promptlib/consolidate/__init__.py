"""What is there becomes one migration: a database of none, or old migrations."""
