"""directory: which names are migrations, and what is wrong with a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ConfigurationError, MigrationFileError
from promptlib.files.directory import (
    MigrationFile,
    is_version,
    list_migrations,
    parse_all,
)

if TYPE_CHECKING:
    from pathlib import Path

RENAME = "rename it to YYYYMMDDHHMMSS_name.sql, the name in a-z, 0-9 and _"
REMOVE = "remove or rename it"
VERSION = "20240102030405"
CONTENT = "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(CONTENT, encoding="utf-8")


def refused(folder: Path) -> list[str]:
    with pytest.raises((ConfigurationError, MigrationFileError)) as caught:
        list_migrations(folder)
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    "version",
    [
        "20240102030405",
        "20240229000000",
        "20000229235959",
        "00010101000000",
        "99991231235959",
        "19000228000000",
    ],
)
def test_versions_are_real_dates_and_times(folder: Path, version: str) -> None:
    put(folder, f"{version}_a.sql")
    assert is_version(version)
    assert list_migrations(folder) == [
        MigrationFile(version, "a", str(folder / f"{version}_a.sql"))
    ]


@pytest.mark.parametrize(
    "version",
    [
        "20240102030460",
        "20240102036000",
        "20240102240000",
        "20240100000000",
        "20240001000000",
        "20241301000000",
        "20240431000000",
        "20230229000000",
        "19000229000000",
        "00000101000000",
    ],
)
def test_other_digits_are_no_versions(folder: Path, version: str) -> None:
    put(folder, f"{version}_a.sql")
    assert not is_version(version)
    assert refused(folder) == [f"sql/{version}_a.sql: no such date and time; {RENAME}"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "2024", "2024010203040", "202401020304055", "2024-01-02T030", "20240102T03040"),
        *("20240102 30405", "+2024010203040", "2024W011030405", "20240102030405\n", "head"),
        "٢٠٢٤٠١٠٢٠٣٠٤٠٥",
    ],
)
def test_no_version_is_anything_but_14_digits(text: str) -> None:
    assert not is_version(text)


@pytest.mark.parametrize(
    "name",
    [
        "20240102030405.sql",
        "20240102030405_.sql",
        "20240102030405a.sql",
        "20240102030405-a.sql",
        "20240102030405_A.sql",
        "20240102030405_add-users.sql",
        "20240102030405_add users.sql",
        "20240102030405_größe.sql",
        "20240102030405_a.down.sql",
        "20240102030405_a\n.sql",
        "2024010203040_a.sql",
        "202401020304055_a.sql",
        "٢٠٢٤٠١٠٢٠٣٠٤٠٥_a.sql",
        "2024_01_02_030405_a.sql",
        "001_a.sql",
        "seed.sql",
        "seed.SQL",
        "~.sql",
    ],
)
def test_names_that_no_migration_has_are_refused(folder: Path, name: str) -> None:
    put(folder, name)
    shown = name.replace("\n", "\\x0a")  # an error of one file is one line
    assert refused(folder) == [f"sql/{shown}: not the name of a migration; {RENAME}"]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        ".20240102030405_a.sql",
        ".sql",
        ".#20240102030405_a.sql",
        "20240102030405_a.sql~",
        "20240102030405_a.sql.bak",
        "20240102030405_a.sql.orig",
        "#20240102030405_a.sql#",
        "20240102030405_a.py",
        "20240102030405_a",
        "sql",
        ".gitkeep",
    ],
)
def test_other_files_and_folders_are_not_looked_at(folder: Path, name: str) -> None:
    put(folder, name)
    (folder / f"{name}.d").mkdir()
    assert list_migrations(folder) == []


@pytest.mark.parametrize("end", [".sql", ".SQL", ".Sql"])
def test_the_ending_may_be_in_capitals(folder: Path, end: str) -> None:
    put(folder, f"{VERSION}_a_1{end}")
    assert list_migrations(folder) == [
        MigrationFile(VERSION, "a_1", str(folder / f"{VERSION}_a_1{end}"))
    ]


def test_files_come_in_the_order_of_their_versions(folder: Path) -> None:
    names = ["20240103000000_a.sql", "20230103000000_z.sql", "20240102000000_m.SQL"]
    put(folder, *names)
    assert [file.name for file in list_migrations(folder)] == ["z", "m", "a"]


def test_a_folder_without_migrations_is_no_error(folder: Path) -> None:
    assert list_migrations(folder) == []


def test_a_version_belongs_to_one_file(folder: Path) -> None:
    put(folder, f"{VERSION}_a.sql", f"{VERSION}_b.sql", f"{VERSION}_b.SQL")
    same = f"sql/{VERSION}_a.sql has the same version"
    remedy = "rename the one that ran nowhere yet to a newer version"
    assert refused(folder) == [
        f"sql/{VERSION}_b.SQL: {same}; {remedy}",
        f"sql/{VERSION}_b.sql: {same}; {remedy}",
    ]


def test_a_migration_is_a_file(folder: Path) -> None:
    (folder / "20240102030401_folder.sql").mkdir()
    (folder / "20240102030402_dead_link.sql").symlink_to("nowhere")
    (folder / "20240102030403_loop.sql").symlink_to("20240102030403_loop.sql")
    (folder / "20240102030404_linked_folder.sql").symlink_to(folder)
    os.mkfifo(folder / "20240102030405_fifo.sql")
    nothing = "this is no file, or a link to none, not a migration"
    assert refused(folder) == [
        f"sql/20240102030401_folder.sql: this is a folder, not a migration; {REMOVE}",
        f"sql/20240102030402_dead_link.sql: {nothing}; {REMOVE}",
        f"sql/20240102030403_loop.sql: {nothing}; {REMOVE}",
        f"sql/20240102030404_linked_folder.sql: this is a folder, not a migration; {REMOVE}",
        f"sql/20240102030405_fifo.sql: {nothing}; {REMOVE}",
    ]


def test_a_link_to_a_file_is_a_migration(folder: Path, tmp_path: Path) -> None:
    put(tmp_path, "elsewhere")
    (folder / f"{VERSION}_a.sql").symlink_to(tmp_path / "elsewhere")
    (file,) = list_migrations(folder)
    assert file.read().up.text == "SELECT 1;"


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    put(folder, "20240102030405_a.sql", "20240102030405_b.sql", "20240230000000_c.sql", "d.sql")
    (folder / "20250102030405_e.sql").mkdir()
    assert [line.split(":")[0] for line in refused(folder)] == [
        "sql/20240102030405_b.sql",
        "sql/20240230000000_c.sql",
        "sql/20250102030405_e.sql",
        "sql/d.sql",
    ]


@pytest.mark.parametrize(
    ("name", "reason"), [("nowhere", "No such file or directory"), ("file", "Not a directory")]
)
def test_a_folder_that_cannot_be_listed(folder: Path, name: str, reason: str) -> None:
    put(folder, "file")
    remedy = "set sql_location in alembic.ini to the folder that holds them"
    assert refused(folder / name) == [
        f"sql/{name}: the migrations cannot be listed: {reason}; {remedy}"
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(folder: Path) -> None:
    put(folder, f"{VERSION}_a.sql")
    (folder / f"{VERSION}_a.sql").chmod(0)
    (file,) = list_migrations(folder)
    with pytest.raises(MigrationFileError) as caught:
        file.read()
    assert str(caught.value) == f"sql/{VERSION}_a.sql: cannot be read: Permission denied"
    folder.chmod(0)
    try:
        assert "the migrations cannot be listed: Permission denied" in refused(folder)[0]
    finally:
        folder.chmod(0o700)


def test_a_file_that_is_gone_cannot_be_read(folder: Path) -> None:
    file = MigrationFile(VERSION, "a", str(folder / f"{VERSION}_a.sql"))
    with pytest.raises(MigrationFileError) as caught:
        file.read()
    assert str(caught.value) == f"sql/{VERSION}_a.sql: cannot be read: No such file or directory"


def test_read_all_parses_every_file_in_order(folder: Path) -> None:
    put(folder, "20240103000000_b.sql", "20240102000000_a.sql")
    found = parse_all(list_migrations(folder))
    assert [(each.version, each.name, each.up.text) for each in found] == [
        ("20240102000000", "a", "SELECT 1;"),
        ("20240103000000", "b", "SELECT 1;"),
    ]


def test_read_all_tells_of_every_file_that_is_refused(folder: Path) -> None:
    put(folder, "20240101000000_a.sql", "20240102000000_b.sql", "20240103000000_c.sql")
    (folder / "20240101000000_a.sql").write_text("SELECT 1;")
    (folder / "20240103000000_c.sql").write_text("-- UP\n'")
    with pytest.raises(MigrationFileError) as caught:
        parse_all(list_migrations(folder))
    assert str(caught.value).split("\n") == [
        "sql/20240101000000_a.sql:1:1: SQL stands before `-- UP`; move it below that line",
        "sql/20240103000000_c.sql:2:1: this quote is never closed; close it with '",
    ]


def test_folders_count_in_one_line_of_versions(folder: Path) -> None:
    for name in ("2023", "billing/2024", "empty", ".git", "repeatable", "billing/repeatable"):
        (folder / name).mkdir(parents=True)
    put(
        folder,
        "20240102030405_b.sql",
        "2023/20230102030405_z.sql",
        "billing/2024/20240302030405_a.sql",
        "billing/repeatable/20240402030405_a.sql",
        ".git/20240502030405_a.sql",
        ".git/wrong.sql",
        "repeatable/view.sql",
        "2023/README.md",
    )
    assert [each.where.removeprefix(f"{folder}/") for each in list_migrations(folder)] == [
        "2023/20230102030405_z.sql",
        "20240102030405_b.sql",
        "billing/2024/20240302030405_a.sql",
        "billing/repeatable/20240402030405_a.sql",
    ]


def test_what_is_wrong_in_folders(folder: Path) -> None:
    for name in ("a", "b/c"):
        (folder / name).mkdir(parents=True)
    put(folder, f"a/{VERSION}_a.sql", f"b/c/{VERSION}_a.sql", "b/c/seeds.sql", "top.sql")
    (folder / "a" / "20250102030405_x.sql").mkdir()
    twice = "rename the one that ran nowhere yet to a newer version"
    out = "or move it out of sql: what is in its folders counts"
    assert refused(folder) == [
        f"sql/b/c/{VERSION}_a.sql: sql/a/{VERSION}_a.sql has the same version; {twice}",
        f"sql/a/20250102030405_x.sql: this is a folder, not a migration; {REMOVE}",
        f"sql/b/c/seeds.sql: not the name of a migration; {RENAME}, {out}",
        f"sql/top.sql: not the name of a migration; {RENAME}",
    ]


def test_links_to_folders(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (folder / "own").mkdir()
    put(folder, f"own/{VERSION}_own.sql")
    put(elsewhere / "deep", "20250102030405_linked.sql")
    (folder / "linked").symlink_to(elsewhere)
    (elsewhere / "deep" / "again").symlink_to(elsewhere)
    (folder / "latest").symlink_to("own")
    (folder / "readme").symlink_to(folder / "own" / f"{VERSION}_own.sql")
    (folder / ".#lock").symlink_to("nowhere")
    assert [each.name for each in list_migrations(folder)] == ["own", "linked"]

    (folder / "loop").symlink_to(tmp_path)
    (folder / "dead").symlink_to("nowhere")
    (folder / "itself").symlink_to("itself")
    instead = "remove it, or let it lead to a folder of migrations elsewhere"
    assert sorted(refused(folder)) == [
        f"sql/dead: this link leads nowhere; {instead}",
        f"sql/itself: this link leads nowhere; {instead}",
        f"sql/loop: this link leads to a folder around migrations that count already; {instead}",
    ]


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "closed").mkdir()
    real = os.scandir  # root may list everything
    monkeypatch.setattr(os, "scandir", lambda path: real(str(path).replace("closed", "gone")))
    (said,) = refused(folder)
    assert said == (
        "sql/closed: the migrations cannot be listed: No such file or directory; make the folder "
        "readable: what is below sql_location counts"
    )
