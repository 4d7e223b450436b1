"""squawk: a real one, on UP sections; what it finds has the place that an editor shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.core.errors import ProgramError
from promptlib.files.parser import parse_migration
from promptlib.lint.migration_text import History, MigrationText
from promptlib.lint.squawk import LEFT_OUT, run_squawk, shown_text
from support.lint_texts import migration_text


def _text(text: str, name: str = "x") -> MigrationText:
    version = "20250101000001"
    path = Path(f"sql/{version}_{name}.sql")
    return MigrationText(parse_migration(version, name, path, text.encode()), History())


def _found(*texts: str, include: tuple[str, ...] = ()) -> list[tuple[str, int, int, str]]:
    written = [_text(text, f"x{number}") for number, text in enumerate(texts)]
    return [
        (violation.path.name[15:17], violation.line, violation.column, violation.rule)
        for _, _, violation in run_squawk(written, include)
    ]


def _rules(up: str, options: str = "") -> list[tuple[int, str]]:
    text = migration_text(up, options=options)
    start = text.migration.up.start
    return [(each.offset - start, each.violation.rule) for each in run_squawk([text], ())]


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


_TIMEOUTS = {"require-lock-timeout", "require-statement-timeout"}


@pytest.mark.parametrize("options", ["", " transaction:false"])
def test_what_a_deploy_does_already_is_left_out_unless_asked_for(options: str) -> None:
    up = "ALTER TABLE a ADD b text; CREATE INDEX CONCURRENTLY i ON a (b);"
    text = f"-- UP{options}\n{up}\n-- DOWN\nSELECT 1;\n"
    assert LEFT_OUT.isdisjoint(each[3] for each in _found(text))
    asked = {each[3] for each in _found(text, include=(*LEFT_OUT,))} & LEFT_OUT
    assert asked > _TIMEOUTS


@pytest.mark.parametrize(
    ("up", "found"),
    [
        ("DO $$ BEGIN DROP TABLE a; END $$", [(13, "ban-drop-table")]),
        (
            "DO $$\nBEGIN\n  DROP TABLE a\n  ;\nEND\n$$; DROP VIEW v",
            [(15, "ban-drop-table"), (40, "ban-drop-view")],
        ),
        ("DO $$ BEGIN IF a = 'x' THEN DROP VIEW v; END IF; END $$", [(29, "ban-drop-view")]),
        ("DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$", [(22, "ban-drop-table")]),
        ("DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$", [(29, "ban-drop-table")]),
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE a ADD b text DEFAULT ''x'''; END $$", []),
        ("DO $$ BEGIN CREATE FUNCTION f() AS $f$ SELECT 1 $f$ LANGUAGE sql; END $$", []),
        (
            "DO $$ BEGIN INSERT INTO a VALUES (1) RETURNING b INTO c; END $$; DROP TABLE a",
            [(66, "ban-drop-table")],
        ),
    ],
)
def test_what_do_blocks_run_is_shown_to_it(up: str, found: list[tuple[int, str]]) -> None:
    assert _rules(up) == found


def test_what_it_cannot_read_in_a_block_hides_nothing_outside() -> None:
    up = "DO $$ BEGIN EXECUTE format('CREATE %s', a); END $$; DROP TABLE a"
    assert _rules(up) == [(53, "ban-drop-table")]
    assert {rule for _, rule in _rules("DO $$ BEGIN NULL; END $$; SELECT 1 FROM")} == {
        "syntax-error"
    }


def test_what_is_shown_has_the_length_and_the_lines_of_the_file() -> None:
    text = migration_text("DO $$\nBEGIN\n  DROP TABLE a\n;\nEND $$;\nSELECT 'x'")
    shown, source = shown_text(text), text.source[: text.migration.up.end]
    assert [*map(len, shown.splitlines())] == [*map(len, source.splitlines())]


def test_what_squawk_refuses_is_an_error() -> None:
    with pytest.raises(ProgramError, match=r"^squawk failed: .*no-such-rule"):
        _found("-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n", include=("no-such-rule",))
