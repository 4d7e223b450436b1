"""progress: a part of a whole as a bar."""

from __future__ import annotations

import pytest

from promptlib.postgres.sessions import progress_bar


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
