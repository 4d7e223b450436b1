"""packaged: what `package:path` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.config.packaged import packaged_path
from promptlib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that nobody may import."""
    made = tmp_path / "installed" / "ourapp_of_test"
    made.mkdir(parents=True)
    (made / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(made.parent)
    monkeypatch.chdir(tmp_path)
    return made


def test_a_folder_of_a_package_is_found_and_nothing_imported(package: Path) -> None:
    assert packaged_path("ourapp_of_test:sql/new") == str(package / "sql" / "new")


@pytest.mark.parametrize("name", ["", "sql", "a/b:c", "x:", ":x", "C:\\sql", "C:/sql", "1a:sql"])
def test_other_names_stay_what_they_are(name: str) -> None:
    assert packaged_path(name) == name


def test_what_is_there_under_that_very_name_is_meant(package: Path, tmp_path: Path) -> None:
    assert package
    (tmp_path / "ourapp_of_test:sql").mkdir()
    assert packaged_path("ourapp_of_test:sql") == "ourapp_of_test:sql"


@pytest.mark.parametrize("name", ["no_such_package_at_all:sql", "no_such.package:sql", "os:sql"])
def test_no_such_package(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is in no package") as caught:
        packaged_path(name, "alembic.ini")
    assert caught.value.place == "alembic.ini"


def test_a_package_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("zipped_of_test/__init__.py", "")
    monkeypatch.syspath_prepend(tmp_path / "a.zip")
    with pytest.raises(ConfigurationError, match="is in an archive"):
        packaged_path("zipped_of_test:sql")
