"""project: alembic.ini or pyproject.toml, read without Alembic."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptlib.config.project import Project, read_project
from promptlib.core.errors import ConfigurationError

_URL = "postgresql://127.0.0.1:1/d"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, in which nothing is."""
    monkeypatch.chdir(tmp_path)
    for name in ("ALEMBIC_CONFIG", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def _refused(name: str = "", section: str = "alembic") -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_project(name, {}, "", section)
    return str(caught.value)


def test_where_the_current_folder_is_gone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(folder / "alembic.ini", "[alembic]", "sql_location = %(here)s/sql")
    (folder / "gone").mkdir()
    monkeypatch.chdir(folder / "gone")
    (folder / "gone").rmdir()
    assert read_project(str(folder / "alembic.ini"), {}, "").sql_name == f"{folder}/sql"


def test_alembic_ini(folder: Path) -> None:
    _write(
        folder / "alembic.ini",
        "[alembic]",
        "script_location = %(here)s/alembic",
        "sql_location = %(here)s/sql",
        "lock_timeout = 9s",
        "other = %(unknown)s",
    )
    found = read_project("", {"deploy_wait": "1s"}, "")
    assert found.sql == folder / "sql"
    assert found.scripts == f"{folder}/alembic"
    assert (found.settings.lock_timeout, found.settings.deploy_wait) == ("9s", "1s")
    assert (found.hooks, found.folder, found.section) == (False, folder, "alembic")


def test_pyproject_toml(folder: Path) -> None:
    _write(
        folder / "pyproject.toml",
        "[tool.alembic]",
        'sql_location = "%(here)s/100%%/sql"',
        'script_location = "scripts"',
        'late_migrations = "apply"',
        "post_write_hooks = []",
    )
    found = read_project("", {}, "")
    assert found.sql == folder / "100%" / "sql"
    assert (found.scripts, found.hooks) == ("scripts", True)
    assert found.settings.applies_late


def test_what_both_say_the_ini_file_says(folder: Path) -> None:
    _write(folder / "alembic.ini", "[alembic]", "sql_location = ini", "[post_write_hooks]")
    _write(
        folder / "pyproject.toml",
        "[tool.alembic]",
        'sql_location = "toml"',
        'lock_timeout = "7s"',
    )
    found = read_project("", {}, "")
    assert (found.location, found.settings.lock_timeout, found.hooks) == ("ini", "7s", True)


@pytest.mark.parametrize("by", ["argument", "variable"])
@pytest.mark.parametrize("name", ["alembic.ini", "other.ini", "pyproject.toml"])
def test_the_file_may_be_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, by: str
) -> None:
    path = folder / "there" / name
    if path.suffix == ".toml":
        _write(path, "[tool.alembic]", 'sql_location = "sql"')
    else:
        _write(path, "[alembic]", "sql_location = sql")
    if by == "variable":
        monkeypatch.setenv("ALEMBIC_CONFIG", str(path))
    found = read_project(str(path) if by == "argument" else "", {}, "")
    assert (found.location, found.folder) == ("sql", folder / "there")


def test_another_section(folder: Path) -> None:
    _write(folder / "alembic.ini", "[alembic]", "sql_location = a", "[two]", "sql_location = b")
    found = read_project("", {}, "", "two")
    assert (found.location, found.section) == ("b", "two")
    assert _refused(section="three") == (
        "alembic.ini: there is no section [three]; write it, or name another with --name"
    )


@pytest.mark.usefixtures("folder")
def test_a_table_has_no_sections() -> None:
    _write(Path("pyproject.toml"), "[tool.alembic]", 'sql_location = "sql"')
    assert _refused(section="two").startswith(
        "pyproject.toml: [tool.alembic] has no sections, so none is [two]; leave --name out"
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "lines", "said"),
    [
        (
            "alembic.ini",
            ["sql_location"],
            "cannot be read: line 1 stands before the first [section]",
        ),
        ("alembic.ini", ["[alembic]", "sql_location = %(no)s"], "cannot be read: sql_location"),
        ("alembic.ini", ["sqlalchemy.url = u:secret@h"], "cannot be read: line 1 stands before"),
        ("alembic.ini", ["[alembic]", "", "secret"], "cannot be read: line 3 is no `name = value`"),
        ("pyproject.toml", ["[tool.alembic"], "cannot be read: "),
        (
            "pyproject.toml",
            ["[tool.alembic]", 'sql_location = "%(no)s"'],
            "cannot be read: sql_location",
        ),
        ("alembic.ini", ["[alembic]", "lock_attempts = many"], "lock_attempts cannot be 'many'"),
    ],
)
def test_what_makes_no_sense(name: str, lines: list[str], said: str) -> None:
    _write(Path(name), *lines)
    refused = _refused()
    assert refused.startswith(f"{name}: {said}")
    assert "secret" not in refused


@pytest.mark.usefixtures("folder")
def test_no_file() -> None:
    said = "there is no such file; go to the project's folder, or name it with --config; "
    assert _refused() == f"alembic.ini: {said}promptlib init makes one"
    assert _refused("gone/my.ini") == f"gone/my.ini: {said}promptlib init makes one"


@pytest.mark.usefixtures("folder")
def test_the_folder_of_the_migrations_has_to_be_said() -> None:
    _write(Path("alembic.ini"), "[two]")
    found = read_project("", {}, "", "two")
    with pytest.raises(ConfigurationError) as caught:
        _ = found.sql
    assert str(caught.value) == (
        "alembic.ini: sql_location is not set; set it to the folder of the migrations in the "
        "section [two]"
    )


def _project(url: str = "") -> Project:
    _write(Path("alembic.ini"), "[alembic]", "sql_location = sql")
    return read_project("", {}, url)


@pytest.mark.usefixtures("folder")
def test_a_url_of_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/d")
    project = _project(_URL)
    found = project.target()
    assert (str(found), found.source) == (_URL, "--url")
