"""pg_dump's text without what changes from day to day and machine to machine."""

from __future__ import annotations

import pytest

from promptlib.schema_dump.statements import plain_statements

_HEAD = """\
--
-- PostgreSQL database dump
--

\\restrict 5Kh7

-- Dumped from database version 15.20 (Debian 15.20-0+deb12u1)
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET transaction_timeout = 0;
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: a; Type: TABLE; Schema: public; Owner: -
--

"""
_TAIL = """

--
-- PostgreSQL database dump complete
--

\\unrestrict 5Kh7

"""
_TABLE = "CREATE TABLE public.a (\n    i integer -- no end;\n);"
_WORDS = "COMMENT ON TABLE public.a IS '\n\\unrestrict me\n-- UP\nSET a = 1;\n\\restrict it';"
_FUNCTION = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '\nSET a = 1;\n' $$;"

_OTHERS = """\
SET default_table_access_method = columnar;
CREATE TABLE b ();
SET default_table_access_method = heap;
CREATE TABLE c ();"""
_IDENTITY = (
    "ALTER TABLE a ALTER i ADD GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME public.s\n{});"
)


@pytest.mark.parametrize(
    ("dumped", "kept"),
    [
        (_TABLE, [_TABLE]),
        (f"{_TABLE}\n\n\n{_WORDS}", [_TABLE, _WORDS]),
        (_FUNCTION, [_FUNCTION]),
        ("ALTER TABLE ONLY a ALTER COLUMN i SET (pg_attver=26596224);", []),
        (
            "ALTER TABLE ONLY a ALTER COLUMN i SET (pg_attver=7, n_distinct=5);",
            ["ALTER TABLE ONLY a ALTER COLUMN i SET (n_distinct=5);"],
        ),
        ("CREATE USER MAPPING FOR u SERVER s OPTIONS (\n    password 'hunter2'\n);", []),
        ("COMMENT ON EXTENSION hstore IS 'its words';", []),
        (_OTHERS, _OTHERS.split("\n")),
        (_IDENTITY.format("    LOGGED\n    CACHE 1\n"), [_IDENTITY.format("    CACHE 1\n")]),
    ],
)
def test_statements(dumped: str, kept: list[str]) -> None:
    assert [*plain_statements(f"{_HEAD}{dumped}{_TAIL}".encode(), 14)] == kept
