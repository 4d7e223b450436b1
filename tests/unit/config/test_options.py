"""options: what [tool.alembic] says as texts, and what is wrong with files, without a value."""

from __future__ import annotations

import tomllib

import pytest

from promptlib.config.ini import read_ini
from promptlib.config.options import table_options

_URL = "sqlalchemy.url"


def _read(toml: str, *wanted: str) -> dict[str, str]:
    return table_options(tomllib.loads(toml), {"here": "/toml"}, wanted or (_URL,))


@pytest.mark.parametrize(
    ("toml", "value"),
    [
        ('"sqlalchemy.url" = "%(here)s/100%%"', "/toml/100%"),
        ('sqlalchemy.url = "u"', "u"),
        ('[sqlalchemy]\nurl = "u"', "u"),
        ("[sqlalchemy.url]\na = 1", None),
        ("sqlalchemy = 1", None),
    ],
)
def test_a_name_with_a_dot_in_a_table(toml: str, value: str | None) -> None:
    assert _read(toml).get(_URL) == value


def test_numbers_and_truth_are_texts() -> None:
    assert _read("a = 3\nb = true\nc = [1]", "a", "b", "c", "d") == {"a": "3", "b": "True"}


@pytest.mark.parametrize("value", ["u:hunter%40@h", "u:%(hunter)s@h", "u:hunter%", "%(here)"])
@pytest.mark.parametrize("form", ["ini", "toml"])
def test_a_percent_sign_that_stands_for_nothing_shows_no_value(value: str, form: str) -> None:
    ini, toml = f"[alembic]\n{_URL} = {value}\n", f'"{_URL}" = "{value}"'
    with pytest.raises(ValueError, match="sqlalchemy") as caught:
        read_ini(ini, "a.ini", "/", "alembic", [_URL]) if form == "ini" else _read(toml)
    assert str(caught.value) == (
        "sqlalchemy.url holds a % that stands for nothing: write %% for a %, and %(name)s for "
        "another option"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{_URL} = hunter", "line 1 stands before the first [section]"),
        ("[alembic]\n\nhunter\n", "line 3 is no `name = value`"),
        ("[a]\nb = 1\nb = 2\n", "While reading from 'a.ini' [line 3]: option 'b' in section 'a'"),
    ],
)
def test_what_is_wrong_with_a_file_shows_no_line_of_it(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="line") as caught:
        read_ini(text, "a.ini", "/", "alembic", [_URL])
    assert str(caught.value).startswith(said)
    assert "hunter" not in str(caught.value)
