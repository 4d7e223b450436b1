"""embedded_place: where the server lives, for root and for others."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import ProgramError
from promptlib.postgres.embedded_place import (
    Place,
    find_place,
    first_closed,
    make_own_folder,
    require_own_data,
    state_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that everybody may enter, with one for state in it."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        folder.chmod(0o755)
        (folder / "state").mkdir(mode=0o755)
        (folder / "project").mkdir(mode=0o755)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        yield folder


def _fill(data: Path, version: str = "18") -> None:
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{version}\n")


def test_where_nothing_is_closed_it_is_in_the_project(open_folder: Path) -> None:
    project = open_folder / "project"
    assert find_place(project) == Place(project / ".promptlib" / "postgresql")


@as_root
def test_where_the_project_is_closed_it_is_with_the_state(open_folder: Path) -> None:
    project = open_folder / "project"
    project.chmod(0o750)
    place = find_place(project)
    assert place.data.is_relative_to(open_folder / "state" / "promptlib")
    assert (place.closed, place.is_away) == (project, True)
    assert find_place(open_folder / "state") != place


@as_root
def test_where_there_is_data_it_stays(open_folder: Path) -> None:
    project = open_folder / "project"
    project.chmod(0o750)
    away = find_place(project).data
    here = project / ".promptlib" / "postgresql"
    _fill(here)
    assert find_place(project) == Place(here, project)
    _fill(away)
    assert find_place(project) == Place(away, project, is_away=True)
    project.chmod(0o755)
    assert find_place(project) == Place(here)
    (here / "PG_VERSION").unlink()
    assert find_place(project) == Place(away, is_away=True)


@as_root
def test_state_that_is_closed_too_is_not_used(open_folder: Path) -> None:
    assert state_folder() == open_folder / "state" / "promptlib"
    (open_folder / "state").chmod(0o700)
    assert first_closed(open_folder / "state" / "x") == open_folder / "state"
    assert state_folder() == Path("/var/lib/promptlib")


@as_root
def test_data_is_found_where_another_shell_put_it(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = open_folder / "project"
    project.chmod(0o750)
    usual = open_folder / "var"
    monkeypatch.setattr("promptlib.postgres.embedded_place._STATE", usual)
    monkeypatch.delenv("XDG_STATE_HOME")
    data = find_place(project).data
    assert data.is_relative_to(usual)
    _fill(data)
    monkeypatch.setenv("XDG_STATE_HOME", str(open_folder / "state"))
    assert find_place(project).data == data


@as_root
def test_our_own_folders_are_open_whatever_the_umask(open_folder: Path) -> None:
    before = os.umask(0o077)
    try:
        make_own_folder(open_folder / "state" / "a" / "b")
    finally:
        os.umask(before)
    assert first_closed(open_folder / "state" / "a" / "b") is None


def test_data_of_this_version_and_user_will_do(open_folder: Path) -> None:
    data = open_folder / "data"
    require_own_data(Place(data), open_folder, os.geteuid(), 18)
    _fill(data)
    require_own_data(Place(data), open_folder, os.geteuid(), 18)
    with pytest.raises(ProgramError, match="its data is PostgreSQL 18's, and the server"):
        require_own_data(Place(data), open_folder, os.geteuid(), 19)
    with pytest.raises(ProgramError, match="and the server would run as user 54321; run"):
        require_own_data(Place(data), open_folder, 54321, 18)
