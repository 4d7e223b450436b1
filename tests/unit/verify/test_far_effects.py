"""far_effects: what a statement does that no rollback undoes, beyond its database."""

from __future__ import annotations

import pytest

from promptlib.files.parser import parse_section
from promptlib.verify.far_effects import first_far_effect


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT pg_reload_conf()", "pg_reload_conf"),
        ('SELECT pg_catalog . "pg_reload_conf" ( )', "pg_reload_conf"),
        ("SELECT 1 WHERE PG_Promote(false)", "pg_promote"),
        ("SELECT pg_create_logical_replication_slot('a', 'b')", "pg_create_logical_..."),
        ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", "pg_terminate_backend"),
        ("SELECT lo_export(1, '/x')", "lo_export"),
        ("SELECT dblink_exec('', 'x')", "dblink_exec"),
        ("DO $$ BEGIN PERFORM pg_reload_conf(); END $$", "pg_reload_conf"),
        ("DO 'BEGIN EXECUTE ''SELECT pg_reload_conf()''; END'", "pg_reload_conf"),
        ("DO $$ BEGIN EXECUTE 'COPY t TO ''/x'''; END $$", "COPY ... TO"),
        (
            "CREATE OR REPLACE FUNCTION f() AS $x$ SELECT pg_promote()$x$",
            "pg_promote",
        ),
        ("CREATE PROCEDURE p() BEGIN ATOMIC SELECT pg_promote(); END", "pg_promote"),
        ("DO $$ BEGIN x := replace('\"\"', x, ''); PERFORM pg_promote(); END $$", "pg_promote"),
        ("DO $$ BEGIN x := '  '; EXECUTE 'SELECT pg_promote()'; END $$", "pg_promote"),
        ("COPY t TO '/x'", "COPY ... TO"),
        ("COPY (SELECT 1) TO PROGRAM 'cat'", "COPY ... PROGRAM"),
        ("COPY t (a, b) FROM PROGRAM 'cat'", "COPY ... PROGRAM"),
        ("COPY t FROM '/x'", ""),
        ("COPY (SELECT CAST(a AS interval year TO month) FROM t) TO STDOUT", ""),
        ("CREATE EXTENSION dblink", ""),
        ("INSERT INTO t VALUES ('SELECT pg_reload_conf()')", ""),
        ("COMMENT ON TABLE t IS 'COPY t TO ''/x'', or pg_promote()'", ""),
        ("SELECT pg_promote FROM t -- pg_reload_conf()", ""),
        ("CREATE TABLE pg_promote (i int)", "pg_promote"),  # too early, never too late
        ("SELECT pg_get_userbyid(10), pg_sleep(1)", ""),
    ],
)
def test_what_it_names(statement: str, expected: str) -> None:
    section = parse_section(f"-- UP\nSELECT 1;\n{statement};\n")
    assert first_far_effect(section, 0) == ""
    found = first_far_effect(section, 1)
    assert found.startswith(expected.removesuffix("...")) if expected else found == ""
