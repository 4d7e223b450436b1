"""usage: what a word means that is no command."""

from __future__ import annotations

import copy

import pytest

from promptlib.cli.full_parser import make_parser
from promptlib.cli.usage import UsageError
from promptlib.core.remedies import Front


def refused(*words: str) -> UsageError:
    with pytest.raises(UsageError) as found:
        make_parser(words).parse_args(words)
    return found.value


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("migrat", "migrate"),
        ("Migrate", "migrate"),
        ("mig", "migrate"),
        ("upp", "up"),
        ("roolback", "rollback"),
        ("stat", "status"),
        ("hisotry", "history"),
        ("comp", "completion"),
        ("create", "new"),
        ("generate", "new"),
        ("make", "new"),
        ("upgrade", "migrate"),
        ("apply", "migrate"),
        ("downgrade", "rollback"),
        ("revert", "rollback"),
        ("info", "status"),
        ("drop", "db drop"),
        ("tset", "db test"),
    ],
)
def test_the_nearest_command_is_named(word: str, meant: str) -> None:
    assert refused(word).told(Front.PROMPTLIB) == (
        f"promptlib: error: no command '{word}'; did you mean {meant}?"
    )


@pytest.mark.parametrize(
    ("word", "meant"), [("craete", "db create"), ("dropp", "db drop"), ("migrate", "migrate")]
)
def test_the_nearest_action_of_a_group_is_named(word: str, meant: str) -> None:
    assert refused("-q", "db", "--url", "x", word).told(Front.PROMPTLIB) == (
        f"promptlib: error: no command 'db {word}'; did you mean {meant}?"
    )


def test_nothing_is_near() -> None:
    assert refused("xyzzy").told(Front.PROMPTLIB) == (
        "promptlib: error: no command 'xyzzy'; promptlib --help names them all"
    )


def test_the_word_stands_behind_options_and_their_values() -> None:
    for before in (["-q"], ["--url", "status"], ["--url=x", "-n", "status"], ["--name", "db"]):
        assert refused(*before, "statu").what == "no command 'statu'"


def test_what_a_name_holds_never_reaches_the_terminal_raw() -> None:
    assert "\x1b" not in refused("\x1b[31m").told(Front.PROMPTLIB)


def test_what_argparse_refuses_is_told_with_the_usage() -> None:
    error = refused("migrate", "--late", "maybe")
    lines = error.told(Front.PROMPTLIB).splitlines()
    assert lines[0].startswith("usage: promptlib migrate [-h] ")
    assert lines[-1].startswith("promptlib migrate: error: argument --late: invalid choice: ")
    assert error.document()["error"]["code"] == "usage"
    assert "usage:" not in error.document()["error"]["message"]


def test_the_error_can_be_copied_and_so_pickled() -> None:
    error = refused("status", "--nothing")
    assert copy.copy(error).told(Front.PROMPTLIB) == error.told(Front.PROMPTLIB)
