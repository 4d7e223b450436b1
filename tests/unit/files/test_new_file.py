"""new_file: how the next file is named, and which version it gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import MigrationFileError
from promptlib.files.directory import (
    MigrationFile,
    list_migrations,
)
from promptlib.files.new_file import name_next_migration

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "20240102030405"


CONTENT = "-- UP\nSELECT 1;\n-- DOWN\nSELECT 2;\n"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_text(CONTENT, encoding="utf-8")


def test_a_new_file_is_named_by_the_time_in_utc(folder: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    file = name_next_migration(
        folder, "Add users", after=[MigrationFile(VERSION, "a", str(folder))]
    )
    at = datetime.strptime(file.version, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert before <= at <= before + timedelta(minutes=1)
    assert file == MigrationFile(
        file.version, "add_users", str(folder / f"{file.version}_add_users.sql")
    )
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("newest", "following"),
    [
        ("29990101000000", "29990101000001"),
        ("29991231235959", "30000101000000"),
        ("29960228235959", "29960229000000"),
    ],
)
def test_a_new_file_is_later_than_every_other(folder: Path, newest: str, following: str) -> None:
    others = [
        MigrationFile(version, "a", str(folder))
        for version in ("20240101000000", newest, "20250101000000")
    ]
    assert name_next_migration(folder, "b", after=others).version == following


def test_there_is_an_end_of_time(folder: Path) -> None:
    last = MigrationFile("99991231235959", "a", str(folder))
    with pytest.raises(MigrationFileError, match="no version is later than 99991231235959"):
        name_next_migration(folder, "b", after=[last])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a", "a"),
        ("Add users", "add_users"),
        ("  add -- the: users!  ", "add_the_users"),
        ("add_users_2", "add_users_2"),
        ("Größe ändern", "grosse_andern"),
        ("\uff26ull \uff57idth", "full_width"),
        ("../../etc/passwd", "etc_passwd"),
        ("名前 1", "1"),
        ("x" * 100, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
    ],
)
def test_a_title_becomes_a_name(folder: Path, title: str, name: str) -> None:
    file = name_next_migration(folder, title, after=[], version=VERSION)
    assert file == MigrationFile(VERSION, name, str(folder / f"{VERSION}_{name}.sql"))
    put(folder, file.path.name)
    assert list_migrations(folder) == [file]


@pytest.mark.parametrize("title", ["", " ", "!?", "名前", "_"])
def test_a_title_without_usable_letters_is_refused(folder: Path, title: str) -> None:
    with pytest.raises(MigrationFileError) as caught:
        name_next_migration(folder, title, after=[])
    assert str(caught.value) == (
        f"no name can be made of {title!r}; describe the migration in letters a-z or digits"
    )


def test_a_given_version_is_taken(folder: Path) -> None:
    after = [MigrationFile("20240101000000", "a", str(folder))]
    assert name_next_migration(folder, "b", after=after, version=VERSION).version == VERSION


@pytest.mark.parametrize(
    ("version", "newest"),
    [
        ("20240230000000", "none"),
        ("abc", "none"),
        (VERSION, VERSION),
        (VERSION, "20240102030406"),
    ],
)
def test_a_given_version_must_be_a_later_time(folder: Path, version: str, newest: str) -> None:
    after = [] if newest == "none" else [MigrationFile(newest, "a", str(folder))]
    with pytest.raises(MigrationFileError) as caught:
        name_next_migration(folder, "b", after=after, version=version)
    assert str(caught.value) == (
        f"{version} cannot be the next version; "
        f"give 14 digits of a date and time later than {newest}"
    )
