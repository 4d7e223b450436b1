"""squawk_findings: which are false. tests/data/lint.txt has lines for most; here is the rest."""

from __future__ import annotations

import pytest

from promptlib.lint.squawk import run_squawk
from promptlib.lint.squawk_findings import true_findings
from support.lint_texts import migration_text


def _rules(up: str, *, earlier: str = "", options: str = "") -> list[str]:
    text = migration_text(up, earlier=earlier, options=options)
    found = true_findings(text, run_squawk([text], ()))
    return [each.violation.rule for each in found]


def test_each_action_is_judged_by_itself() -> None:
    up = "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE a DROP CONSTRAINT {}"
    assert _rules(up.format("c, DROP CONSTRAINT d")) == ["ban-drop-constraint"]
    assert _rules(up.format("c")) == []


def test_findings_come_in_the_order_of_the_file() -> None:
    up = "DROP VIEW v; DO $$ BEGIN DROP TABLE a; END $$; ALTER TABLE b DROP COLUMN c"
    assert _rules(up) == ["ban-drop-view", "ban-drop-table", "ban-drop-column"]


@pytest.mark.parametrize(
    "up",
    [
        "ALTER TABLE a DROP COLUMN b",
        "ALTER TABLE a RENAME COLUMN b TO c",
        "ALTER TABLE a ALTER COLUMN b TYPE text",
        "ALTER TABLE a ADD COLUMN b text DEFAULT random()::text",
        "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d",
        "ALTER TABLE a RENAME TO c",
        "ALTER TABLE a DETACH PARTITION b",
        "REINDEX TABLE a",
        "CREATE INDEX i ON a (b)",
        "DROP TABLE a",
    ],
)
def test_a_table_that_up_has_made_has_no_users(up: str) -> None:
    assert _rules(up) != []
    for made in (
        "CREATE TABLE s.a ()",
        "CREATE TEMP TABLE a ()",
        "DO $$ BEGIN CREATE TABLE a (); END $$",
    ):
        assert _rules(f"{made}; {up}") == []
        assert _rules(f"{made}; {up}", options="transaction:false") == []
        assert _rules(up, earlier=made) != []


def test_a_guard_makes_nothing_of_what_was_there() -> None:
    up = "CREATE TABLE IF NOT EXISTS a (b text); ALTER TABLE a ALTER b SET NOT NULL"
    assert _rules(up) == []
    assert _rules(up, earlier="CREATE TABLE a (b text)") == ["adding-not-nullable-field"]


@pytest.mark.parametrize(
    ("made", "changed", "rule"),
    [
        ("CREATE DOMAIN d AS text", "ALTER DOMAIN d ADD CHECK (value <> '')", "ban-alter-domain-"),
        ("CREATE TABLE a ()", "ALTER TABLE a SET SCHEMA s", "ban-set-schema"),
        ("CREATE VIEW v AS SELECT 1", "ALTER VIEW v RENAME TO w", "renaming-object"),
        ("CREATE INDEX i ON a (b)", "ALTER INDEX i RENAME TO j", "renaming-object"),
        ("CREATE SEQUENCE q", "DROP SEQUENCE q", "ban-drop-sequence"),
        ("CREATE TABLE a ()", "TRUNCATE a CASCADE", "ban-truncate-cascade"),
    ],
)
def test_nor_have_other_objects(made: str, changed: str, rule: str) -> None:
    assert [each for each in _rules(changed) if not each.startswith(rule)] == []
    assert _rules(changed) != []
    assert not [each for each in _rules(f"{made}; {changed}") if each.startswith(rule)]


def test_outside_a_transaction_what_is_dropped_is_missing_meanwhile() -> None:
    up = "DROP VIEW v; CREATE VIEW v AS SELECT 1"
    assert _rules(up) == []
    assert _rules(up, options="transaction:false") == ["ban-drop-view"]


@pytest.mark.parametrize(
    ("dropped", "rule"),
    [
        ("TABLE a; CREATE TABLE a ()", "ban-drop-table"),
        ("VIEW v; CREATE VIEW w AS SELECT 1", "ban-drop-view"),
        ("VIEW v, w; CREATE VIEW v AS SELECT 1", "ban-drop-view"),
    ],
)
def test_rows_do_not_come_back_nor_what_is_not_made_again(dropped: str, rule: str) -> None:
    assert _rules(f"DROP {dropped}") == [rule]


def test_syntax_errors_and_other_rules_stay() -> None:
    assert "syntax-error" in _rules("CREATE TABLE a (); ALTER TABLE a ADD")
    assert _rules("CREATE TABLE a (b int)") == ["prefer-bigint-over-int"]
