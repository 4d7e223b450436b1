"""Options as they are written, in alembic.ini and in [tool.alembic]."""

from __future__ import annotations

import configparser
import tomllib

import pytest

from promptlib.config.options import WrittenOptions
from promptlib.core.errors import ConfigurationError

_URL = "sqlalchemy.url"


def _options(ini: str = "", toml: str = "", section: str = "alembic") -> WrittenOptions:
    parser = configparser.ConfigParser({"here": "/ini"})
    parser.read_string(ini)
    return WrittenOptions(parser, section, tomllib.loads(toml), {"here": "/toml"}, "the file")


def test_the_section_comes_before_the_table() -> None:
    found = _options("[alembic]\na = %(here)s/1\n", 'a = "2"\nb = "%(here)s/100%%"\n')
    assert (found.get("a"), found.get("b"), found.get("c")) == ("/ini/1", "/toml/100%", None)


def test_what_is_set_for_every_section_is_set() -> None:
    assert _options("[DEFAULT]\na = 1\n[two]\n", section="two").get("a") == "1"
    assert _options("[DEFAULT]\na = 1\n", section="two").get("a") is None


@pytest.mark.parametrize(
    ("toml", "value"),
    [
        ('"sqlalchemy.url" = "u"', "u"),
        ('sqlalchemy.url = "u"', "u"),
        ('[sqlalchemy]\nurl = "u"', "u"),
        ("[sqlalchemy.url]\na = 1", None),
        ("sqlalchemy = 1", None),
    ],
)
def test_a_name_with_a_dot_in_a_table(toml: str, value: str | None) -> None:
    assert _options(toml=toml).get(_URL) == value


def test_numbers_and_truth_of_a_table_are_texts() -> None:
    found = _options(toml="a = 3\nb = true\nc = [1]")
    assert (found.get("a"), found.get("b"), found.get("c")) == ("3", "True", None)


@pytest.mark.parametrize("value", ["u:hunter%40@h", "u:%(hunter)s@h", "u:hunter%", "%(here)"])
@pytest.mark.parametrize("form", ["ini", "toml"])
def test_a_percent_sign_that_stands_for_nothing_shows_no_value(value: str, form: str) -> None:
    if form == "ini":
        found = _options(ini=f"[alembic]\n{_URL} = {value}\n")
    else:
        found = _options(toml=f'"{_URL}" = "{value}"')
    with pytest.raises(ConfigurationError) as caught:
        found.get(_URL)
    assert str(caught.value) == (
        "the file: sqlalchemy.url holds a % that stands for nothing; write %% for a %, and "
        "%(name)s for what another option says"
    )
