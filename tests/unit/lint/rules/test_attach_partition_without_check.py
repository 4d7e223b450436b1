"""attach_partition_without_check: partitions whose rows must be read."""

from __future__ import annotations

import pytest

from promptlib.lint.rules.attach_partition_without_check import find_unchecked_attachments
from support.lint_texts import columns, migration_text

_ATTACH = "ALTER TABLE p ATTACH PARTITION q DEFAULT"
_CHECK = "ALTER TABLE q ADD CONSTRAINT c CHECK (i > 0)"


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("ALTER TABLE p ATTACH PARTITION q DEFAULT", [32]),
        ("ALTER TABLE s.p ATTACH PARTITION s.q FOR VALUES IN (1)", [34]),
        ("CREATE TABLE q (i int); ALTER TABLE p ATTACH PARTITION q DEFAULT", []),
        ("CREATE TABLE q (i int); ALTER TABLE p ATTACH PARTITION r DEFAULT", [56]),
        ("ALTER TABLE q ADD CHECK (i > 0); ALTER TABLE p ATTACH PARTITION q DEFAULT", []),
        (
            f"{_CHECK} NOT VALID; ALTER TABLE q VALIDATE CONSTRAINT c; {_ATTACH}",
            [],
        ),
        (
            f"{_CHECK} NOT VALID; {_ATTACH}",
            [88],
        ),
        (
            "ALTER INDEX i ATTACH PARTITION j; ALTER TABLE p DETACH PARTITION q",
            [],
        ),
    ],
)
def test_tables_without_a_valid_check(up: str, found: list[int]) -> None:
    assert columns(find_unchecked_attachments, migration_text(up, up)) == (found, [])


@pytest.mark.parametrize(
    ("earlier", "found"),
    [
        ("CREATE TABLE q (i int, CHECK (i > 0))", []),
        ("CREATE TABLE s.q (i int CHECK (i > 0))", []),
        ("ALTER TABLE q ADD CONSTRAINT c CHECK (i > 0)", []),
        ("ALTER TABLE r ADD CHECK (i > 0); ALTER TABLE r RENAME TO q", []),
        ("CREATE TABLE q (i int)", [32]),
        ("CREATE TABLE q (i int CHECK (i > 0)); DROP TABLE q", [32]),
        ("ALTER TABLE q ADD CONSTRAINT c CHECK (i > 0); ALTER TABLE q DROP CONSTRAINT c", [32]),
    ],
)
def test_checks_that_earlier_migrations_have_made(earlier: str, found: list[int]) -> None:
    text = migration_text("ALTER TABLE p ATTACH PARTITION q DEFAULT", earlier=earlier)
    assert columns(find_unchecked_attachments, text)[0] == found
