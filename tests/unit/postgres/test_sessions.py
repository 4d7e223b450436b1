"""sessions: how another session is named, that nothing of its data is, and how far it is."""

from __future__ import annotations

import pytest

from promptlib.postgres.sessions import (
    PreparedTransaction,
    ServerSession,
    describe_sessions,
    end_sessions,
    progress_bar,
)

_SEEN = ServerSession(
    4711, "psql", "10.0.0.7", "idle in transaction", 182.0, "2025-01-01T00:00:00Z", "UPDATE t"
)
# What this user may not see.
_UNSEEN = ServerSession(4711, None, None, None, None, None, "<insufficient privilege>")


def _kind(query: str | None) -> str:
    """What is said of a session's statement, behind its state."""
    shown = str(_UNSEEN._replace(state="active", query=query))
    return shown.removeprefix("pid 4711 (active").removesuffix(")").removeprefix(", ")


def test_a_session() -> None:
    shown = "pid 4711 (psql, 10.0.0.7, idle in transaction for 3 min 2 s, UPDATE)"
    assert str(_SEEN) == shown
    assert str(_UNSEEN) == "pid 4711 (in a transaction)"
    assert str(_SEEN._replace(application="", client=None, state="active", seconds=0.25)) == (
        "pid 4711 (active for 250 ms, UPDATE)"
    )


def test_sessions() -> None:
    assert describe_sessions([_UNSEEN, _UNSEEN._replace(pid=5)]) == (
        "pid 4711 (in a transaction), pid 5 (in a transaction)"
    )
    assert describe_sessions([]) == "somebody who is gone, or a prepared transaction"


def test_what_ends_them() -> None:
    prepared = PreparedTransaction("left 'over\x1b", "app", 182.0)
    told = r"prepared transaction 'left ''over\x1b' (app, for 3 min 2 s)"
    assert describe_sessions([_UNSEEN, prepared]) == f"pid 4711 (in a transaction), {told}"
    assert end_sessions([_UNSEEN, prepared]) == (
        r"SELECT pg_terminate_backend(4711); ROLLBACK PREPARED 'left ''over\x1b'"
    )


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("UPDATE t SET s = 'geheim'", "UPDATE"),
        ("update t", "UPDATE"),
        ("\n\t select 1", "SELECT"),
        ("-- geheim\nDELETE FROM t", "DELETE"),
        ("--geheim\n\n-- geheim\r\n  vacuum t", "VACUUM"),
        ("/* geheim; */ INSERT INTO t VALUES ('geheim')", "INSERT"),
        ("/* geheim /* geheim */ geheim */ SELECT 'geheim'", "SELECT"),
        ("CREATE INDEX CONCURRENTLY i ON t (s)", "CREATE INDEX"),
        ("create\n  table t (i int)", "CREATE TABLE"),
        ("ALTER TABLE t ADD j int", "ALTER TABLE"),
        ('ALTER "t"', "ALTER"),
        ("WITH x AS (SELECT 'geheim') DELETE FROM t", "WITH"),
        ("COMMIT;", "COMMIT"),
        # Cut off, or no statement at all.
        ("/* geheim", ""),
        ("-- geheim", ""),
        ("'geheim'", ""),
        ("$$geheim$$", ""),
        ("(SELECT 'geheim')", ""),
        ("<insufficient privilege>", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_kind_of_a_statement(query: str | None, kind: str) -> None:
    assert _kind(query) == kind


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "[--------------------] 0%"),
        (0.25, "[#####---------------] 25%"),
        (0.994, "[####################] 99%"),
        (1, "[####################] 100%"),
        # The server estimates the whole beforehand.
        (1.5, "[####################] 100%"),
    ],
)
def test_bar(share: float, shown: str) -> None:
    assert progress_bar(share) == shown
