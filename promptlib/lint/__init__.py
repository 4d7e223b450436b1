"""Rules on files and branches. No database."""
