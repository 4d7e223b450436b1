"""Rows of what a squashed migration replaces, in every state that a database may be in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.files.replaced import ReplacedMigrations
from promptlib.ledger.state import LedgerRow
from promptlib.plan.absorbing import absorb_replaced
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = {1: "a" * 64, 2: "b" * 64, 3: "c" * 64}


@pytest.mark.parametrize(
    ("ran", "current", "kept"),
    [
        ({1: "a", 2: "b", 3: "c"}, 3, {3: ""}),
        ({1: "a", 2: "b", 3: "c", 4: "x"}, 4, {3: "", 4: "x"}),
        ({}, 0, {}),
        ({3: ""}, 3, {3: ""}),
        ({1: "a", 2: "x", 3: ""}, 3, {3: ""}),
        ({1: "a", 2: "b"}, 2, {1: "a", 2: "b"}),
        ({1: "a", 3: "c"}, 3, {1: "a", 3: "c"}),
        ({1: "a", 2: "x", 3: "c"}, 3, {1: "a", 2: "x", 3: "c"}),
    ],
    ids=["all", "and more", "none", "the one", "repaired", "a part", "late", "edited"],
)
def test_rows(tmp_path: Path, ran: dict[int, str], current: int, kept: dict[int, str]) -> None:
    """An empty text is the one's own."""
    found = status(tmp_path, "34", "", current)
    one = found.files[version(3)].up.checksum

    def rows(texts: dict[int, str]) -> dict[str, LedgerRow]:
        return {
            version(each): LedgerRow(version(each), "x", text * 64 or one, "")
            for each, text in texts.items()
        }

    found.files.replaced[version(3)] = ReplacedMigrations(
        {version(each): text for each, text in _TEXTS.items()}, {}
    )
    ledger = absorb_replaced(found.files, found.ledger._replace(rows=rows(ran)))
    expected = {each: row.checksum for each, row in rows(kept).items()}
    assert {each: row.checksum for each, row in ledger.rows.items()} == expected
