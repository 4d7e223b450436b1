"""rule_list: every rule at once; each has a module, tests and a page of its name."""

from __future__ import annotations

import contextlib
import inspect
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptlib.core.errors import PromptlibError
from promptlib.files.parser import parse_migration
from promptlib.lint.migration_text import History, MigrationText
from promptlib.lint.rule_list import RULES, check_rules

_ROOT = Path(__file__).parents[3]


def _found(text: str) -> list[tuple[int, int, str]]:
    """Line, column and rule of whatever breaks one."""
    migration = parse_migration("20250101000000", "x", Path("x.sql"), text.encode())
    violations = check_rules(MigrationText(migration, History()))
    return [(each.line, each.column, each.rule) for each in violations]


def test_places_are_those_of_the_file() -> None:
    text = "-- ö\n\n-- UP\n/* ö */ CREATE TABLE ö (i int);\n-- DOWN\nSELECT 1; DELETE FROM a;\n"
    assert _found(text) == [(4, 22, "down-misses-object"), (6, 11, "write-without-where")]
    assert _found(text.replace("\n", "\r\n")) == _found(text)
    assert _found(f"\ufeff{text}") == _found(text)


def test_each_section_has_a_mode_of_its_own() -> None:
    text = (
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (b);\n"
        "-- DOWN\nDROP INDEX i; CREATE INDEX IF NOT EXISTS j ON a (b);\n"
    )
    assert _found(text) == [(4, 42, "if-not-exists-in-transaction")]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_a_module_of_its_name(rule: str) -> None:
    module = inspect.getmodule(RULES[rule])
    assert module
    assert module.__name__ == f"promptlib.lint.rules.{rule.replace('-', '_')}"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_a_page_that_the_readme_leads_to(rule: str) -> None:
    page = (_ROOT / "docs" / "lint" / f"{rule}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {rule}\n")
    assert f"[`{rule}`](lint/{rule}.md)" in (_ROOT / "docs" / "lint.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES)
def test_the_examples_of_a_page_are_right_and_wrong(rule: str) -> None:
    page = (_ROOT / "docs" / "lint" / f"{rule}.md").read_text(encoding="utf-8")
    examples = re.findall(r"^(Wrong|Right):?\n\n```sql\n(.*?)```", page, re.DOTALL | re.MULTILINE)
    assert {verdict for verdict, _ in examples} == {"Wrong", "Right"}
    for verdict, text in examples:
        assert (rule in {each for _, _, each in _found(text)}) == (verdict == "Wrong")


def test_there_are_pages_of_no_other_rules() -> None:
    assert {path.stem for path in (_ROOT / "docs" / "lint").glob("*.md")} == {*RULES}


_WORDS = """
    CREATE ALTER DROP TABLE INDEX TYPE COLUMN CONSTRAINT TRIGGER VIEW SEQUENCE CAST OPERATOR IF NOT
    EXISTS OR REPLACE CONCURRENTLY ON ONLY ADD RENAME TO SET SCHEMA VALUE OWNED BY PARTITION OF
    ATTACH INHERITS CASCADE USING WITH AS MATERIALIZED INSERT UPDATE DELETE WHERE FROM CONFLICT DO
    CHECK NULL AND IS VALIDATE LOCK MODE IN SHARE CLUSTER VACUUM FULL REFRESH TABLESPACE UNLOGGED
    EXECUTE format a b "c" 'd' 1 ( ) , . = + || * $$BEGIN$$ $$THEN;DROP$$ $$EXECUTE'ALTER'$$
"""
_STATEMENT = st.lists(st.sampled_from(_WORDS.split()), max_size=12).map(" ".join)


@given(st.lists(_STATEMENT, max_size=4).map("; ".join), st.sampled_from(["true", "false"]))
def test_any_text_can_be_judged(sql: str, mode: str) -> None:
    """Nonsense too: squawk and the server refuse it."""
    sections = [f"-- {word} transaction:{mode}\n{sql};\nSELECT 1;\n" for word in ("UP", "DOWN")]
    with contextlib.suppress(PromptlibError):  # a parenthesis that is never closed
        _found("".join(sections))
