"""protection: sections that make, alter or drop a table of the ledger are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import LedgerError
from promptlib.files.parser import parse_migration
from promptlib.ledger.names import LedgerNames, ledger_words
from promptlib.ledger.protection import may_change_ledger, require_ledger_spared

_PATH = Path("sql/20250101000001_x.sql")
_PUBLIC = LedgerNames("public")


def test_the_remedies() -> None:
    text = b"-- UP\nDROP TABLE migrations, alembic_version;\n-- DOWN\nDROP SCHEMA public CASCADE;\n"
    migration = parse_migration("20250101000001", "x", _PATH, text)
    with pytest.raises(LedgerError) as caught:
        require_ledger_spared(_PATH, [migration.up, migration.down], _PUBLIC, ("public",))
    first, second, third = caught.value, *caught.value.others
    assert first.remedy == (
        "take that out; if a table of the application is meant, let the ledger have another name: "
        "ledger_table in alembic.ini, or write the schema of that table before its name"
    )
    own = "let the ledger have a schema of its own: version_table_schema in alembic.ini"
    assert own in second.remedy
    assert third.remedy == f"name what is to go one by one, or {own}"


@pytest.mark.parametrize("padding", [0, (1 << 20) - 40, (1 << 20) - 5, 3 << 20])
def test_a_file_is_looked_at_closely_where_it_says_a_word(padding: int) -> None:
    words = ledger_words(_PUBLIC)
    for said in (b"DROP TABLE Migrations;", b"drop schema x;", b"ALEMBIC_VERSION", b"DROP OWNED"):
        assert may_change_ledger(b"x" * padding + said + b"x" * padding, words)
    assert not may_change_ledger(b"x" * padding + b"DROP TABLE a;", words)
    assert not may_change_ledger(b"DROP TABLE migrations;", ledger_words(LedgerNames("", "own")))
