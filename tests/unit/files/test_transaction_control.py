"""transaction_control and its like: what a migration may not hold, and what is said of that.

It is in tests/data/messages/files.txt, for people to read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import MigrationFileError
from promptlib.files.parser import parse_migration
from support.messages import require_messages

_PATH = Path("sql/20250101000001_x.sql")


def _said(text: str) -> str:
    with pytest.raises(MigrationFileError) as raised:
        parse_migration("20250101000001", "x", _PATH, text.encode())
    return str(raised.value)


def test_what_is_said_of_files_that_are_refused() -> None:
    require_messages("files", _said)
