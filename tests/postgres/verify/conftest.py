"""A session on a database, as verify works on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.scratch import database_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.verify.session import ScratchSession
    from support.databases import Database


@pytest.fixture
def session(database: Database) -> Iterator[ScratchSession]:
    """A session on an empty database."""
    with database_session(database) as opened:
        yield opened
