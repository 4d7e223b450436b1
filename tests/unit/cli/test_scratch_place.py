"""scratch_place: where a command makes its scratch databases; what was typed wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from promptlib.cli.scratch_place import scratch_place
from promptlib.config.project import Project, read_project
from promptlib.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_URL = "postgresql://me@127.0.0.1:1/mine"


class _Typed(NamedTuple):
    embedded: bool = False
    scratch: str | None = None
    scratch_template: str | None = None
    scratch_setup: str | None = None


def _project(folder: Path, *lines: str) -> Project:
    ini = folder / "alembic.ini"
    ini.write_text("\n".join(["[alembic]", "sql_location = sql", *lines, ""]))
    return read_project(str(ini), {}, _URL)


def test_without_a_word_it_is_beside_the_database(tmp_path: Path) -> None:
    place = scratch_place(_project(tmp_path), _Typed())
    assert str(place.target) == _URL
    assert (place.is_for_trials, place.is_given, place.template, place.setup) == (
        *(False, False),
        "",
        None,
    )


def test_the_configuration_says_it_and_who_types_says_it_again(tmp_path: Path) -> None:
    (tmp_path / "first.sql").write_text("SELECT 1;")
    project = _project(
        tmp_path,
        "scratch = postgresql://ci@127.0.0.1:1/scratch",
        "scratch_template = given",
        "scratch_setup = %(here)s/first.sql",
    )
    place = scratch_place(project, _Typed())
    assert str(place.target) == "postgresql://ci@127.0.0.1:1/scratch"
    assert (place.is_for_trials, place.is_given) == (True, True)
    assert (place.template, place.setup) == ("given", tmp_path / "first.sql")
    typed = scratch_place(project, _Typed(scratch=_URL, scratch_template="other"))
    assert (str(typed.target), typed.template) == (_URL, "other")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (_Typed(scratch="nowhere"), "is not a URL"),
        (_Typed(scratch_setup="missing.sql"), "there is no such file; correct scratch_setup"),
    ],
)
def test_what_cannot_be(tmp_path: Path, typed: _Typed, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        scratch_place(_project(tmp_path), typed)
