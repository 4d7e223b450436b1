"""results: what is said of a deploy that is done."""

from __future__ import annotations

import pytest

from promptlib.engine.results import Deployment, RanSection, describe_deployment
from support.statuses import version


@pytest.mark.parametrize(
    ("number", "current", "said"),
    [
        (0, 2, f"the database is at {version(2)} (head)"),
        (1, 1, f"1 migration in 1.5 s; the database is at {version(1)}"),
        (2, 0, "2 migrations in 1.5 s; the database is at base"),
    ],
)
def test_what_was_done_and_where_the_database_stands(number: int, current: int, said: str) -> None:
    ran = tuple(RanSection(version(each + 1), "up", 0.5) for each in range(number))
    done = Deployment(ran, None, version(current) or None, version(2), 1.5)
    assert describe_deployment(done) == said
