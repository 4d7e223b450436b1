"""Other tools' migrations: read, converted into ours, compared with what sql/ has."""
