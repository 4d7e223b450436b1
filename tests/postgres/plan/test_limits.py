"""limits: what is set for sessions that ends or stops a deploy, and where."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.plan.limits import FIND_LIMITS, Limit, limit_refusals, limit_warnings

if TYPE_CHECKING:
    from support.databases import Database


def _found(database: Database) -> list[Limit]:
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {FIND_LIMITS}")
        ((found,),) = cursor.fetchall()
        return [Limit(*each) for each in found]


def test_where_nothing_is_set(database: Database) -> None:
    assert _found(database) == []


def test_what_is_set_and_where(database: Database) -> None:
    database.query(f"ALTER DATABASE {database.name} SET idle_session_timeout = '90s'")
    database.query(f"ALTER DATABASE {database.name} SET lock_timeout = '1s'")
    own = f"ALTER ROLE postgres IN DATABASE {database.name} SET"
    database.query(f"{own} statement_timeout = '1500ms'")
    database.query(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    assert [*map(str, _found(database))] == [
        "default_transaction_read_only is on, set on the database",
        "idle_session_timeout is 90s, set on the database",
        "statement_timeout is 1500ms, set on the role in this database",
    ]


@pytest.mark.parametrize(
    ("name", "refused", "warned"),
    [
        ("default_transaction_read_only", True, False),
        ("statement_timeout", False, True),
        ("transaction_timeout", False, True),
        ("idle_in_transaction_session_timeout", False, False),
        ("idle_session_timeout", False, False),
    ],
)
def test_which_of_them_stop_a_deploy(name: str, *, refused: bool, warned: bool) -> None:
    limit = Limit(name, "30s", "user")
    assert bool([*limit_refusals([limit])]) is refused
    assert bool([*limit_warnings([limit], Settings())]) is warned


def test_a_setting_of_ours_lifts_that_of_the_server() -> None:
    limit = Limit("statement_timeout", "1s", "configuration file")
    (said,) = limit_warnings([limit], Settings())
    assert said == (
        "statement_timeout is 1s, set on the server: a statement that takes longer ends the "
        "deploy; write statement_timeout = 0 into alembic.ini"
    )
    assert [*limit_warnings([limit], Settings(statement_timeout="0"))] == []
