"""Values in SQL that we write."""

from __future__ import annotations


def quote_literal(text: str) -> str:
    """A text as PostgreSQL reads it, whatever standard_conforming_strings says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted
