"""place: where scratch databases are made; test_reused has who may make none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import StatementError
from promptlib.postgres.target import Target
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace, may_make_databases
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from support.databases import Database

pytestmark = pytest.mark.servers("newest")


def test_who_may_make_databases(database: Database) -> None:
    database.server.role("maker", "LOGIN CREATEDB")
    database.server.role("looker", "LOGIN")
    for user, may in (("maker", True), ("looker", False), ("postgres", True)):
        target = Target(database.server.parameters(user=user, dbname=database.name), "the test")
        assert may_make_databases(target) is may


def test_a_template_s_objects_are_there(database: Database) -> None:
    database.query("CREATE TABLE given AS SELECT 1 AS i")
    place = ScratchPlace(parse_url(database.server.url, "the test"), template=database.name)
    with open_scratch_databases(place) as scratch:
        for made in (first := scratch.create(), scratch.create(first)):
            connection = made.connect()
            with connection.cursor() as cursor:
                cursor.execute("SELECT i FROM given")
                assert cursor.fetchall() == [(1,)]
            connection.close()


def test_a_template_that_is_not_there(database: Database) -> None:
    place = ScratchPlace(parse_url(database.url, "the test"), template="missing_one")
    with (
        open_scratch_databases(place) as scratch,
        pytest.raises(StatementError, match="from the template missing_one: "),
    ):
        scratch.create()
