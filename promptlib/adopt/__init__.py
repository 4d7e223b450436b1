"""Takes over databases that another tool migrated."""
