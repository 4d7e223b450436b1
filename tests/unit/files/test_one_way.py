"""one_way: which DOWN refuses whatever the database holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.files.one_way import NO_WAY_BACK, is_one_way
from promptlib.files.parser import parse_migration


@pytest.mark.parametrize(
    ("down", "answer"),
    [
        (NO_WAY_BACK.decode(), True),
        ("DO $$ BEGIN RAISE 'no'; END $$", True),
        ("DO $$ BEGIN RAISE NOTICE 'no'; END $$;", False),
        ("DO $$ BEGIN IF true THEN RAISE EXCEPTION 'no'; END IF; END $$;", False),
        ("DO $$ BEGIN DROP TABLE a; RAISE EXCEPTION 'no'; END $$;", False),
        ("DO $$ BEGIN RAISE EXCEPTION 'no'; EXCEPTION WHEN others THEN END $$;", False),
        ("DO $$ BEGIN RAISE EXCEPTION 'no'; END $$; DROP TABLE a;", False),
        ("SELECT 1;", False),
        ("DO $$ $$;", False),
    ],
)
def test_what_only_raises(down: str, answer: bool) -> None:  # noqa: FBT001
    content = f"-- UP\nA;\n-- DOWN\n-- a comment\n{down}\n".encode()
    assert is_one_way(parse_migration("20240102030405", "a", Path("a"), content).down) is answer
