"""The promptlib command: a module for each command, parsing, asking, printing."""
