"""What a database remembers: its tables, the SQL that writes them, reading, the deploy lock."""
