"""build: what is set up first in a scratch database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import FindingError, PromptlibError
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

pytestmark = pytest.mark.servers("newest")


@pytest.fixture
def place(database: Database, tmp_path: Path) -> ScratchPlace:
    """A place with a setup, which has yet to be written."""
    return ScratchPlace(parse_url(database.url, "the test"), setup=tmp_path / "setup.sql")


def _set_up(place: ScratchPlace, text: str) -> None:
    assert place.setup
    place.setup.write_text(text)
    with open_scratch_databases(place) as scratch:
        made = scratch.create()
        connection = scratch.create(made).connect()
        with connection.cursor() as cursor:
            cursor.execute("SELECT i FROM given")
            assert cursor.fetchall() == [(1,)]
        connection.close()


def test_it_runs_once_and_copies_have_it(place: ScratchPlace, database: Database) -> None:
    role = f"set_up_{database.name}"
    _set_up(place, f"CREATE ROLE {role}; CREATE TABLE given AS SELECT 1 AS i;")
    assert not database.query("SELECT FROM pg_roles WHERE rolname = %s", role)


@pytest.mark.parametrize("text", ["SELECT nothing();", "SELEC 1;"])
def test_a_setup_that_fails_names_its_file(place: ScratchPlace, text: str) -> None:
    with pytest.raises(PromptlibError) as raised:
        _set_up(place, text)
    assert raised.value.place.endswith("setup.sql")


def test_a_setup_changes_nothing_of_others(place: ScratchPlace, database: Database) -> None:
    with pytest.raises(FindingError, match="all databases of the server share"):
        _set_up(place, f"ALTER DATABASE {database.name} SET work_mem = '8MB';")
