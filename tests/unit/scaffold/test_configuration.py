"""configuration: what is put into alembic.ini and pyproject.toml, and what stays."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from promptlib.config.project import read_project
from promptlib.core.errors import ConfigurationError
from promptlib.scaffold.configuration import configure

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = {
    "script_location": "%(here)s/alembic",
    "sql_location": '%(here)s/my %% "sql"',
    "prepend_sys_path": "%(here)s",
}


def configured(path: Path, before: str | bytes | None, section: str = "alembic") -> bytes:
    """What a file holds afterwards; it is read as it is meant."""
    if before is not None:
        path.write_bytes(before if isinstance(before, bytes) else before.encode())
    change = configure(path, section, _SETTINGS)
    assert change.before == (path.read_bytes() if before is not None else None)
    path.write_bytes(change.after)
    project = read_project(str(path), {}, "", section)
    assert project.sql == path.parent / 'my % "sql"'
    return change.after


def test_a_new_file(tmp_path: Path) -> None:
    assert configured(tmp_path / "alembic.ini", None).startswith(b"# What promptlib")
    assert read_project(str(tmp_path / "alembic.ini"), {}, "").scripts == str(tmp_path / "alembic")


@pytest.mark.parametrize(
    ("before", "section"),
    [
        ("[loggers]\nkeys = root", "alembic"),
        ("[loggers]\r\nkeys = root\r\n", "alembic"),
        ("[alembic]\nscript_location = a\n[loggers]\nkeys = root\n", "alembic"),
        ("[alembic]  # ours\n[loggers]\n", "alembic"),
        ("[alembic]", "alembic"),
        ("[alembic]\nsql_location = elsewhere\n", "other"),
        ("", "alembic"),
    ],
)
def test_an_ini_that_is_there_keeps_every_byte(tmp_path: Path, before: str, section: str) -> None:
    after = configured(tmp_path / "alembic.ini", before, section)
    for line in before.encode().splitlines():
        assert line in after
    assert after.startswith(before.encode()[:9])
    assert (b"\r\n" in before.encode()) == (b"\r\n" in after)
    assert not (b"\r\n" in after and b"\n" in after.replace(b"\r\n", b""))


@pytest.mark.parametrize(
    "before",
    [
        '[project]\nname = "a"\n\n[tool.black]\nline-length = 3',
        '[project]\r\nname = "a"\r\n',
        '[tool.alembic]\nscript_location = "a"\n\n[tool.black]\nx = 1\n',
        "[ tool . alembic ] # ours\n",
        "",
        "# only a comment\n",
    ],
)
def test_a_pyproject_toml_that_is_there_keeps_every_byte(tmp_path: Path, before: str) -> None:
    after = configured(tmp_path / "pyproject.toml", before)
    for line in before.encode().splitlines():
        assert line in after
    assert not (b"\r\n" in after and b"\n" in after.replace(b"\r\n", b""))
    table = tomllib.loads(after.decode())["tool"]["alembic"]
    assert ("prepend_sys_path" in table) == ("alembic" not in before)


@pytest.mark.parametrize(
    ("name", "before", "said"),
    [
        ("pyproject.toml", "[tool\n", "cannot be read: "),
        ("pyproject.toml", "[tool]\nalembic = {x = 1}\n", "cannot be read: "),
        ("pyproject.toml", 'x = """\n[tool.alembic]\n"""\n', "nothing can be put into it"),
        ("pyproject.toml", b"# \xff\n", "cannot be read: "),
        ("alembic.ini", "x = 1\n", "cannot be read: "),
        ("alembic.ini", "[alembic]\n[alembic]\n", "cannot be read: "),
        ("alembic.ini", "[DEFAULT]\nsql_location = x\n[alembic]\n", "nothing can be put into it"),
    ],
)
def test_what_nothing_can_be_put_into(
    tmp_path: Path, name: str, before: str | bytes, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        configured(tmp_path / name, before)
