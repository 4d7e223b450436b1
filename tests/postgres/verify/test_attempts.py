"""attempts: statements that may fail, in a transaction that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.verify.attempts import Casts, attempt
from promptlib.verify.sample_values import SERVER_DEFAULT

if TYPE_CHECKING:
    from promptlib.verify.session import ScratchSession

_LOCKS = "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()"


def test_what_fails_is_an_error_and_the_transaction_goes_on(session: ScratchSession) -> None:
    with session.connection.cursor() as cursor:
        assert attempt(cursor, "SELECT %s::int", ["1"]) == (1,)
        assert isinstance(attempt(cursor, "SELECT %s::int", ["x"]), psycopg2.Error)
        assert attempt(cursor, "CREATE TABLE t (i int)", []) is None
        assert attempt(cursor, "SELECT count(*) FROM t", []) == (0,)


def test_no_number_of_failures_holds_more_locks(session: ScratchSession) -> None:
    with session.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (i int CHECK (i > 5), j int PRIMARY KEY)")
        held = []
        for number in range(2):
            for _ in range(20 * number):
                attempt(cursor, "INSERT INTO t VALUES (%s, 1)", [1])
                attempt(cursor, "INSERT INTO t VALUES (%s, 1); SELECT 1 / 0", [7])
            cursor.execute(_LOCKS)
            held += cursor.fetchall()
    assert held[1][0] - held[0][0] <= 4


@pytest.mark.parametrize(
    ("name", "value", "takes"),
    [
        ("integer", "1", True),
        ("integer", "x", False),
        ("character varying(2)", "xxx", True),  # a cast cuts it
        ("integer", None, True),
        ("integer", SERVER_DEFAULT, True),
        ('"100%"', "5", False),
    ],
)
def test_which_values_a_type_takes(
    session: ScratchSession, name: str, value: object, *, takes: bool
) -> None:
    with session.connection.cursor() as cursor:
        assert Casts().takes(cursor, name, value) is takes


def test_what_is_known_is_not_asked_again_but_of_types_of_one_s_own(
    session: ScratchSession,
) -> None:
    casts = Casts()
    with session.connection.cursor() as cursor:
        cursor.execute("CREATE DOMAIN small AS int CHECK (VALUE < 5)")
        for name in ("integer", "public.small"):
            assert casts.takes(cursor, name, "4")
        cursor.execute("ALTER DOMAIN small ADD CHECK (VALUE < 3)")
        assert casts.takes(cursor, "public.small", "4")
        casts.forget_own()
        assert not casts.takes(cursor, "public.small", "4")
        cursor.execute("ROLLBACK; BEGIN; SELECT 1 / 1")
        assert casts.takes(cursor, "integer", "4")
