"""Target: which database it is, and another one of its server. Connections are in the commands."""

from __future__ import annotations

import pytest

from promptlib.postgres.url import parse_url

_SECRET = "hunter"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://me@h/d", "postgresql+asyncpg://me:secret@H:5432/d?application_name=x", True),
        ("postgresql://me@h/d", "postgresql://h/d?user=me", True),
        ("postgresql://me@a,b/d", "postgresql://me@a:5432,b:5432/d", True),
        ("postgresql://me@/me?host=/socket", "postgresql://me@%2Fsocket", True),
        ("postgresql://me@h/d", "postgresql://you@h/d", False),
        ("postgresql://me@h/d", "postgresql://me@h/e", False),
        ("postgresql://me@h/d", "postgresql://me@h:5433/d", False),
        ("postgresql://me@h/d", "postgresql://me@g/d", False),
        ("postgresql://me@a,b/d", "postgresql://me@a/d", False),
        ("postgresql://me@h/d", "postgresql://me@h/d?hostaddr=127.0.0.1", False),
    ],
)
def test_which_urls_mean_one_database(one: str, other: str, *, same: bool) -> None:
    assert parse_url(one, "here").is_same_as(parse_url(other, "there")) is same


def test_another_database_of_the_same_server() -> None:
    found = parse_url(f"postgresql://me:{_SECRET}@h/d?sslmode=require", "here", "the URL")
    other = found.of("e")
    assert (found.database, other.database, str(other)) == ("d", "e", "postgresql://me@h/e")
    assert (other.source, other.name) == ("here", "the URL")
    assert other.parameters == {**found.parameters, "dbname": "e"}
    assert _SECRET not in f"{found!r}{found}"
