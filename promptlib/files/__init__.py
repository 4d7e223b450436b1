"""Migration files: find, name, parse, checksum, write the next one."""
