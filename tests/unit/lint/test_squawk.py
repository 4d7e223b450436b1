"""squawk: a real one, on UP sections; what it finds has the place that an editor shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import ProgramError
from promptlib.files.parser import Migration, parse_migration
from promptlib.lint.squawk import run_squawk

_NUMBERS = ("require-lock-timeout", "require-statement-timeout")


def _migration(text: str, name: str = "x") -> Migration:
    version = "20250101000001"
    return parse_migration(version, name, Path(f"sql/{version}_{name}.sql"), text.encode())


def _found(*texts: str, include: tuple[str, ...] = ()) -> list[tuple[str, int, int, str]]:
    migrations = [_migration(text, f"x{number}") for number, text in enumerate(texts)]
    return [
        (each.path.name[15:17], each.line, each.column, each.rule)
        for each in run_squawk(migrations, include)
        if each.rule not in _NUMBERS
    ]


def test_places_are_lines_of_the_file_and_characters() -> None:
    text = "-- ö\n-- UP\n/* ä */ ALTER TABLE a ALTER COLUMN i SET NOT NULL;\n-- DOWN\nSELECT 1;\n"
    ((_, line, column, rule),) = _found(text)
    assert (line, rule) == (3, "adding-not-nullable-field")
    assert text.splitlines()[line - 1][column - 1 :].startswith("SET NOT NULL")


def test_down_is_not_looked_at() -> None:
    assert _found("-- UP\nSELECT 1;\n-- DOWN\nDROP TABLE a;\n") == []


def test_each_finding_belongs_to_its_migration_and_its_mode() -> None:
    found = _found(
        "-- UP\nCREATE INDEX i ON a (i);\n-- DOWN\nSELECT 1;\n",
        "-- UP transaction:false\nCREATE INDEX CONCURRENTLY i ON a (i);\n-- DOWN\nSELECT 1;\n",
        "-- UP transaction:false\nCREATE INDEX i ON a (i);\n-- DOWN\nSELECT 1;\n",
    )
    rule = "require-concurrent-index-creation"
    assert [(each[0], each[3]) for each in found if each[3] == rule] == [("x0", rule), ("x2", rule)]


def test_rules_may_be_asked_for() -> None:
    text = "-- UP\nCREATE TABLE a (i integer);\n-- DOWN\nSELECT 1;\n"
    rule = "require-table-schema"
    assert rule not in {each[3] for each in _found(text)}
    assert rule in {each[3] for each in _found(text, include=(rule,))}


def test_what_squawk_refuses_is_an_error() -> None:
    with pytest.raises(ProgramError, match=r"^squawk failed: .*no-such-rule"):
        _found("-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n", include=("no-such-rule",))
