"""Repeatable files: their names, heads and order, and what makes one run again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import MigrationFileError
from promptlib.files.parser import parse_repeatable
from promptlib.files.repeatable import FOLDER, RepeatableFile, list_repeatable, survey_repeatable

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.files.section import Section

_VIEW = "CREATE OR REPLACE VIEW {} AS SELECT 1 AS x;"


def _write(folder: Path, **files: str) -> Path:
    (folder / FOLDER).mkdir()
    for name, text in files.items():
        (folder / FOLDER / f"{name}.sql").write_bytes(text.encode())
    return folder


def _order(folder: Path) -> list[str]:
    found, problems = list_repeatable(folder)
    assert not problems
    return [each.name for each in found]


def _said(folder: Path) -> list[str]:
    return [str(each) for each in survey_repeatable(folder)[1]]


def test_without_the_folder_there_are_none(tmp_path: Path) -> None:
    assert list_repeatable(tmp_path) == ([], [])


def test_they_run_by_name_but_behind_those_that_they_are_after(tmp_path: Path) -> None:
    heads = {"a": "-- after: c\n", "b": "/* b */\n  --  AFTER : d, a\n", "c": "", "d": "-- text\n"}
    _write(tmp_path, **{name: head + _VIEW.format(name) for name, head in heads.items()})
    assert _order(tmp_path) == ["c", "a", "d", "b"]


def test_after_counts_in_the_head_alone(tmp_path: Path) -> None:
    _write(tmp_path, a="SELECT 1;\n-- after: nobody\nSELECT '\n-- after: nobody';", b="SELECT 1")
    assert _order(tmp_path) == ["a", "b"]


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ({"a": "-- after: x\n"}, "a.sql: is after x, and there is no repeatable/x.sql; correct "),
        ({"a": "\n-- after: x y\n"}, "a.sql:2:1: 'x y' is not the name of a repeatable file; "),
        ({"a": "-- after:\n"}, "a.sql:1:1: '' is not the name of a repeatable file; write "),
        ({"a": "-- after: a\n"}, "a.sql: runs behind itself: a is after a; take one of "),
        (
            {"a": "-- after: b\n", "b": "-- after: c\n", "c": "-- after: b\n"},
            "b.sql: runs behind itself: b is after c is after b; take one of these lines ",
        ),
        ({"a": "-- UP\n"}, "a.sql:1:1: a repeatable file has no `-- UP`; leave the line out: "),
        ({"a": "COMMIT;\n"}, "a.sql:1:1: COMMIT "),
        ({"a": "SELECT '"}, "a.sql:1:8: "),
        ({"A": ""}, "A.sql: not the name of a repeatable file; rename it to NAME.sql, "),
    ],
)
def test_what_is_refused(tmp_path: Path, heads: dict[str, str], said: str) -> None:
    _write(tmp_path, **{name: head + _VIEW.format(name) for name, head in heads.items()})
    (told,) = _said(tmp_path)
    assert said in told


def test_a_file_without_a_statement_is_refused(tmp_path: Path) -> None:
    (told,) = _said(_write(tmp_path, a="-- nothing\n"))
    assert "no statement is in it; write one, or remove the file" in told


def test_names_that_are_none_of_ours_are_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, a="SELECT 1")
    for name in (".hidden.sql", "README.md", "folder"):
        (tmp_path / FOLDER / name).mkdir()
    assert _order(tmp_path) == ["a"]


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    folder = _write(tmp_path, a="SELECT 1") / FOLDER
    (folder / "b.sql").mkdir()
    (folder / "c.sql").symlink_to("nowhere")
    os.mkfifo(folder / "d.sql")
    folder_told, *others = _said(tmp_path)
    assert "b.sql: this is a folder, not a repeatable file; remove or rename it" in folder_told
    assert ["no file, or a link to none" in each for each in others] == [True, True]


def _file(tmp_path: Path, text: str) -> RepeatableFile:
    return RepeatableFile("x", tmp_path / "x.sql", text.encode())


def _section(tmp_path: Path, text: str) -> Section:
    return parse_repeatable(tmp_path / "y.sql", text.encode())


def test_the_checksum_is_of_the_text_whatever_its_line_endings(tmp_path: Path) -> None:
    one, same, other = (
        _file(tmp_path, text).checksum
        for text in ("SELECT 1;\nSELECT 2;", "\ufeff\r\nSELECT 1;\r\nSELECT 2;\r\n", "SELECT 1;")
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("text", "section", "outdated"),
    [
        (_VIEW.format("v"), "DROP VIEW v;", True),
        (_VIEW.format("v"), "DROP VIEW app.v;", True),
        (_VIEW.format("app.v"), "DROP VIEW other.v;", False),
        (_VIEW.format("v"), "ALTER VIEW v RENAME TO w;", True),
        (_VIEW.format("v"), "CREATE OR REPLACE VIEW v AS SELECT 2 AS x;", True),
        (_VIEW.format("v"), "ALTER TABLE t DROP COLUMN c;", False),
        (_VIEW.format("v"), "ALTER TABLE t DROP COLUMN c CASCADE;", True),
        (_VIEW.format("v"), "DROP SCHEMA app CASCADE;", True),
        (_VIEW.format("v"), "DROP TABLE t;", False),
        (_VIEW.format("v"), "CREATE TABLE t (v int); INSERT INTO t VALUES (1);", False),
        (_VIEW.format("v"), "SELECT 'DROP VIEW v'; -- DROP VIEW v", False),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 1;", "DROP FUNCTION f();", True),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 1;", "DROP VIEW f;", False),
        ("GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;", "CREATE TABLE t ();", True),
        ("SELECT 1; revoke all on t from x;", "SELECT 1;", True),
    ],
)
def test_what_makes_it_run_again(
    tmp_path: Path, text: str, section: str, *, outdated: bool
) -> None:
    assert _file(tmp_path, text).is_outdated_by(_section(tmp_path, section)) is outdated


def test_what_is_broken_is_told_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(MigrationFileError):
        _ = _file(tmp_path, "SELECT '").section
