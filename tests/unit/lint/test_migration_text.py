"""migration_text: statements as rules look at them, and what earlier migrations have made."""

from __future__ import annotations

from pathlib import Path

from promptlib.files.directory import MigrationFile
from promptlib.files.parser import Migration, parse_migration
from promptlib.lint.migration_text import History, MigrationText
from support.lint_texts import migration_text


def _file(folder: Path, number: int, up: str) -> MigrationFile:
    path = folder / f"{number}.sql"
    path.write_text(f"-- UP\n{up};\n-- DOWN\nSELECT 1;\n", encoding="utf-8")
    return MigrationFile(f"2025010100000{number}", "x", str(path))


def _numbered(number: int | None) -> Migration:
    version = "" if number is None else f"2025010100000{number}"
    return parse_migration(version, "x", Path("x.sql"), b"-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n")


def test_statements_inside_of_blocks_stand_behind_them() -> None:
    text = migration_text("SELECT 1; DO $$ BEGIN DROP TABLE a; LOCK b; END $$; SELECT 2")
    assert [each.word for each in text.up] == ["SELECT", "DO", "DROP", "LOCK", "SELECT"]
    assert [bool(each.block) for each in text.up] == [False, False, True, True, False]


def test_each_statement_of_up_knows_what_was_made_before_it() -> None:
    text = migration_text(
        "CREATE TABLE a (i int); DROP TABLE a; DO $$ BEGIN CREATE TABLE a (); END $$; LOCK a"
    )
    there = [made.has_table(("a",)) for _, made in text.up_with_schema()]
    assert there == [False, True, False, False, True]


def test_lines_begin_behind_line_feeds() -> None:
    text = migration_text("SELECT 1;\r\nSELECT 2")
    assert [text.source[start:][:6] for start in text.line_starts[1:3]] == [b"SELECT", b"SELECT"]


def test_earlier_migrations_are_those_with_older_versions(tmp_path: Path) -> None:
    files = [_file(tmp_path, number, f"CREATE TABLE t{number} ()") for number in (1, 2, 3)]
    history = History(files)

    def known(number: int | None) -> list[int]:
        made = history.before(_numbered(number))
        return [number for number in (1, 2, 3) if made.has_table((f"t{number}",))]

    assert [known(1), known(3), known(2), known(4)] == [[], [1, 2], [1], [1, 2, 3]]
    assert known(None) == [1, 2, 3]


def test_they_are_read_when_a_rule_asks_for_them(tmp_path: Path) -> None:
    file = _file(tmp_path, 1, "CREATE TABLE a ()")
    text = MigrationText(_numbered(2), History([file]))
    file.path.write_text("-- UP\nCREATE TABLE b ();\n-- DOWN\nSELECT 1;\n", encoding="utf-8")
    assert text.earlier.has_table(("b",))


def test_a_broken_one_makes_nothing(tmp_path: Path) -> None:
    files = [_file(tmp_path, 1, "SELECT 'it"), _file(tmp_path, 2, "CREATE TABLE a ()")]
    assert MigrationText(_numbered(3), History(files)).earlier.has_table(("a",))
