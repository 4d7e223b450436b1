"""guard: which table a server names that finds it changed, in its language."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from psycopg2 import errorcodes

from promptlib.ledger.guard import RecordGuard


class _Said(psycopg2.Error):
    """What psycopg2 raises."""

    diag: Any = None
    pgcode = errorcodes.INVALID_TEXT_REPRESENTATION

    def __init__(self, said: str) -> None:
        super().__init__()
        self.diag = SimpleNamespace(message_primary=said)


@pytest.mark.parametrize("quotes", ['"{}"', "»{}«", "« {} »", "„{}“", "「{}」"])
def test_the_quotes_of_a_language_are_no_part_of_a_name(quotes: str) -> None:
    said = "promptlib finds changed: alembic_version"
    assert RecordGuard.changed(_Said(quotes.format(said))) == "alembic_version"
    assert RecordGuard.changed(_Said(quotes.format("x"))) == ""
