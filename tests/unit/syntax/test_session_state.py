"""What a statement leaves in its session."""

from __future__ import annotations

import pytest

from promptlib.syntax.session_state import left_in_session
from promptlib.syntax.tokens import tokenize

_TABLE, _SETTING = "a temporary table", "a setting"


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("CREATE TEMP TABLE a ()", _TABLE),
        ("create local temporary table a ()", _TABLE),
        ("CREATE OR REPLACE TEMP VIEW a AS SELECT 1", _TABLE),
        ("CREATE TABLE pg_temp.a ()", _TABLE),
        ("SELECT 1 INTO TEMP a", _TABLE),
        ("DO $$ BEGIN CREATE TEMP TABLE a (); END $$", _TABLE),
        ("CREATE TABLE temp (temporary int)", ""),
        ("DROP TABLE pg_temp.a", ""),
        ("DO $$ BEGIN SET search_path = s; END $$", _SETTING),
        ("DO $$ BEGIN SET LOCAL search_path = s; END $$", ""),
        ("DO $$ BEGIN UPDATE a SET b = 1; END $$", ""),
        ("DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE; END $$", ""),
        ("DO $$ BEGIN PERFORM set_config('search_path', 's', false); END $$", _SETTING),
        ("DO $$ BEGIN PERFORM set_config('search_path', 's', true); END $$", ""),
        ("WITH a AS (SELECT 1) SELECT set_config('a.b', i::text, false) FROM a", _SETTING),
        ("UPDATE a SET b = 1", ""),
        ("ALTER TABLE a SET (fillfactor = 10)", ""),
    ],
)
def test_left_in_session(sql: str, left: str) -> None:
    source = sql.encode()
    assert left_in_session(source, tokenize(source, 0, len(source))) == left
