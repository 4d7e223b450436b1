"""A session on a test's own database, as verify works on its scratch databases."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from promptlib.postgres.url import parse_url
from promptlib.verify.server_guard import ServerGuard
from promptlib.verify.session import scratch_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from promptlib.verify.session import ScratchSession
    from support.databases import Database


@contextlib.contextmanager
def database_session(
    database: Database,
    write_down: Callable[[str], None] | None = None,
    *,
    is_for_trials: bool = False,
) -> Iterator[ScratchSession]:
    """A session on a database; what is written down goes to a function."""
    with contextlib.closing(database.connect()) as connection, connection.cursor() as cursor:
        guard = ServerGuard(cursor, write_down or (lambda _: None), is_for_trials=is_for_trials)
        with scratch_session(parse_url(database.url, "the test"), guard) as session:
            yield session
        guard.put_all_back()
