"""The SQL of a migration that brings a database to its model."""
