"""driver: psycopg2 without Python's ssl, and its errors as ours."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import StatementError
from promptlib.postgres.driver import driver_errors_explained

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

    from support.databases import Database

_PLACE = "sql/x.sql:2:1"


def test_the_driver_loads_no_second_openssl() -> None:
    code = (
        "import sys; from promptlib.postgres.driver import psycopg2; assert psycopg2.connect;"
        "assert 'ssl' not in sys.modules; import ssl; assert ssl.SSLContext"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_the_driver_raises_is_explained(database: Database) -> None:
    with (
        contextlib.closing(database.connect()) as connection,
        connection.cursor() as cursor,
        pytest.raises(StatementError, match="division by zero") as caught,
        driver_errors_explained(_PLACE),
    ):
        cursor.execute("SELECT 1/0")
    assert caught.value.place == _PLACE
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("behind", [StatementError("ours"), KeyboardInterrupt()])
def test_what_went_wrong_before_the_driver_failed_wins(
    database: Database, behind: BaseException
) -> None:
    with contextlib.closing(database.connect()) as connection:
        with pytest.raises(type(behind)) as caught, driver_errors_explained():
            _fail(connection, behind)
        assert caught.value is behind


def _fail(connection: Connection, behind: BaseException) -> None:
    try:
        raise behind
    except type(behind):
        connection.cursor().execute("SELECT 1/0")


def test_what_a_caller_was_about_has_no_part_in_it(database: Database) -> None:
    """He cleans up behind an error of ours, and something else fails there."""
    with (
        contextlib.closing(database.connect()) as connection,
        pytest.raises(StatementError, match="division by zero"),
    ):
        _clean_up_behind(StatementError("an error of before"), connection)


def _clean_up_behind(error: StatementError, connection: Connection) -> None:
    try:
        raise error
    except StatementError:
        with driver_errors_explained(_PLACE), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
