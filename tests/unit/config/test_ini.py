"""ini against configparser: it reads plain files as that does, and leaves it the others."""

from __future__ import annotations

import configparser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promptlib.config.ini import read_ini
from promptlib.config.options import describe_ini_error

_HERE = "/a folder"
_WANTED = ("sql_location", "here", "b")
_LINES = [
    "[alembic]",
    "[alembic]  ",
    "[other]",
    "[DEFAULT]",
    "[a]b]",
    "[post_write_hooks]",
    "[]",
    "[open",
    "sql_location = %(here)s/sql",
    "sql_location: %(here)s/a:b=c",
    "sql_location=",
    "SQL_Location = one",
    "b = 50%%",
    "b = %(sql_location)s",
    "b",
    "b = ; none",
    "here = elsewhere",
    "  and more",
    "  b = indented",
    "# a comment",
    "  ; another",
    "",
    " ",
    "= nothing",
    "\ufeff[alembic]",
    "b = \x0bx\x0b",
]


def _expected(text: str, section: str, here: str) -> object:
    parser = configparser.ConfigParser({"here": here})
    try:
        parser.read_string(text, "a.ini")
        found = {
            name: parser.get(section, name)
            for name in _WANTED
            if parser.has_section(section) and parser.has_option(section, name)
        }
    except configparser.Error as error:
        return describe_ini_error(error)
    found.pop("here", None)  # which is given, and not asked for
    return {*parser.sections()}, found


def _read(text: str, section: str, here: str) -> object:
    try:
        found = read_ini(text, "a.ini", here, section, _WANTED)
    except ValueError as error:
        return str(error)
    found.options.pop("here", None)
    return tuple(found)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(_LINES), max_size=8),
    st.sampled_from(["alembic", "other", "none", "DEFAULT"]),
    st.sampled_from([_HERE, "/100%"]),
)
def test_it_reads_as_configparser_does(lines: list[str], section: str, here: str) -> None:
    text = "\n".join(lines)
    assert _read(text, section, here) == _expected(text, section, here)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_plain_file_takes_no_configparser(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configparser, "ConfigParser", None)
    lines = ["[loggers]", "keys = a", "format = %(x)s", "", "[alembic]", "sql_location=%(here)s/s"]
    found = read_ini(end.join(lines), "a.ini", _HERE, "alembic", _WANTED)
    assert found == ({"loggers", "alembic"}, {"sql_location": f"{_HERE}/s"})
