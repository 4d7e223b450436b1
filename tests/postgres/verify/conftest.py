"""A session on a database, as verify works on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.postgres.target import parse_url
from promptlib.verify.scratch import scratch_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.verify.scratch import ScratchSession
    from support.databases import Database


@pytest.fixture
def session(database: Database) -> Iterator[ScratchSession]:
    """A session on an empty database."""
    with scratch_session(parse_url(database.url, "the test")) as opened:
        yield opened
