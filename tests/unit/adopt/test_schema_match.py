"""schema_match: where a database that differs from its migrations is refused."""

from __future__ import annotations

import pytest

from promptlib.adopt.schema_match import NOTHING_EXPECTED, require_match
from promptlib.core.errors import PromptlibError


def test_what_matches_passes() -> None:
    require_match(NOTHING_EXPECTED._replace(additions=["column t.x"]))


def test_each_difference_is_named() -> None:
    lines = ["  expected table t", "  found    table u"]
    with pytest.raises(PromptlibError, match="does not hold what the migrations make") as caught:
        require_match(NOTHING_EXPECTED._replace(differences=lines))
    assert caught.value.notes == tuple(lines)
