"""errors: kinds that callers tell apart, and what each says to whom."""

from __future__ import annotations

import copy
import json
import pickle
import re
from pathlib import Path

import pytest

from promptlib.core import errors
from promptlib.core.errors import (
    EditedMigrationError,
    LateMigrationError,
    LexicalError,
    MissingMigrationError,
    PlanRefusedError,
    PromptlibError,
    StatementError,
    combine_errors,
    display_path,
    error_chain,
)
from promptlib.core.remedies import MIGRATE, CommandLine, Front, Remedy

KINDS = [
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, PromptlibError)
]
_APPLY = Remedy("rename it, or `{}`", CommandLine("migrate", late="apply"))


def _made(kind: type[PromptlibError]) -> PromptlibError:
    """An error of a kind, with all that it can have."""
    if kind is LexicalError:
        return LexicalError("it is never closed", "close it", 7)
    return kind(
        "it is wrong",
        _APPLY,
        place="sql/x.sql:1:2",
        notes=["  1 | SELCT", "    | ^"],
        others=[PromptlibError("so is this", Remedy("`{}`", MIGRATE))],
    )


def test_codes_tell_kinds_apart() -> None:
    codes = {kind.__name__: kind.code for kind in KINDS if "code" in vars(kind)}
    assert [*codes] == [kind.__name__ for kind in KINDS if kind is not LexicalError]
    assert len({*codes.values()}) == len(codes)
    for code in codes.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_is_what_was_copied(kind: type[PromptlibError]) -> None:
    made = _made(kind)
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made)):
        assert type(again) is kind
        assert [again.told(front) for front in Front] == [made.told(front) for front in Front]
        assert again.document() == made.document()
        assert vars(again).keys() == vars(made).keys()
        assert again.args == made.args


def test_fields_of_a_kind_survive_pickling() -> None:
    made = StatementError("no such table", place="x.sql:1:1")
    made.sqlstate, made.statement = "42P01", "SELECT * FROM a"
    again = pickle.loads(pickle.dumps(made))
    assert (again.sqlstate, again.statement) == ("42P01", "SELECT * FROM a")
    assert pickle.loads(pickle.dumps(_made(LexicalError))).offset == 7


def test_a_copy_with_other_attributes_leaves_the_first_one_alone() -> None:
    made = _made(StatementError)
    other = made.but(place="", sqlstate="42P01")
    assert isinstance(other, StatementError)
    assert (other.what, other.place, other.sqlstate) == (made.what, "", "42P01")
    assert made.place == "sql/x.sql:1:2"
    assert not str(other).startswith("sql/")


@pytest.mark.parametrize(
    ("front", "command", "other"),
    [
        (Front.PROMPTLIB, "promptlib migrate --late apply", "promptlib migrate"),
        (Front.ALEMBIC, "alembic -x late=apply upgrade head", "alembic upgrade head"),
    ],
)
def test_all_of_it_is_told_in_the_words_of_who_asked(
    front: Front, command: str, other: str
) -> None:
    assert _made(PromptlibError).told(front).splitlines() == [
        f"sql/x.sql:1:2: it is wrong; rename it, or `{command}`",
        "  1 | SELCT",
        "    | ^",
        f"so is this; `{other}`",
    ]


def test_without_a_front_it_is_promptlib_s_own() -> None:
    made = _made(PromptlibError)
    assert str(made) == made.told(Front.PROMPTLIB)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (PromptlibError("it is wrong"), "it is wrong"),
        (PromptlibError("it is wrong", "mend it"), "it is wrong; mend it"),
        (PromptlibError("it is wrong", place="x.sql"), "x.sql: it is wrong"),
        (PromptlibError("", "mend it", place="x.sql"), "x.sql: mend it"),
        (PromptlibError("a\nb", "c\x1bd", place="x\n.sql"), r"x\x0a.sql: a\x0ab; c\x1bd"),
    ],
)
def test_what_is_not_known_leaves_no_trace(made: PromptlibError, text: str) -> None:
    assert str(made) == text


def test_the_document_of_an_error() -> None:
    document = _made(LateMigrationError).document()
    assert document == {
        "error": {
            "code": "late-migration",
            "message": "it is wrong\n  1 | SELCT\n    | ^\nso is this; `promptlib migrate`",
            "place": "sql/x.sql:1:2",
            "remedy": "rename it, or `promptlib migrate --late apply`",
        }
    }
    assert json.loads(json.dumps(document)) == document


def test_one_error_needs_no_other() -> None:
    made = _made(StatementError)
    assert combine_errors([made]) is made


@pytest.mark.parametrize(
    ("kinds", "shared"),
    [
        ([LateMigrationError, LateMigrationError], LateMigrationError),
        ([LateMigrationError, EditedMigrationError, MissingMigrationError], PlanRefusedError),
        ([PlanRefusedError, LateMigrationError], PlanRefusedError),
        ([LateMigrationError, StatementError], PromptlibError),
    ],
)
def test_several_errors_become_one_of_the_kind_that_they_share(
    kinds: list[type[PromptlibError]], shared: type[PromptlibError]
) -> None:
    problems = [kind(f"number {number}") for number, kind in enumerate(kinds)]
    told = combine_errors(problems)
    assert type(told) is shared
    assert str(told) == "\n".join(map(str, problems))
    assert type(pickle.loads(pickle.dumps(told))) is shared


def test_problems_are_told_in_their_order() -> None:
    first = PromptlibError(
        "a", "mend it", place="a.sql:1", notes=["n"], others=[PromptlibError("b")]
    )
    told = combine_errors(iter([first, PromptlibError("c", place="c.sql")]))
    assert str(told).splitlines() == ["a.sql:1: a; mend it", "n", "b", "c.sql: c"]
    assert [each.what for each in told.others] == ["b", "c"]
    assert [each.what for each in first.others] == ["b"]


def test_the_errors_that_one_came_up_after() -> None:
    cause, context, last = ValueError("cause"), KeyError("context"), PromptlibError("last")
    cause.__context__ = context
    last.__cause__, last.__context__ = cause, OSError("passed over")
    assert [*error_chain(last)] == [last, cause, context]


def test_a_path_is_shown_as_a_reader_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert display_path(Path.cwd() / "sql" / "x.sql") == "sql/x.sql"
    assert display_path(Path("sql/../x.sql")) == "x.sql"
    assert display_path(tmp_path / "x.sql") == str(tmp_path / "x.sql")
    assert display_path(Path("a\x1b[31m\nb.sql")) == "a\\x1b[31m\\x0ab.sql"


def test_paths_where_the_current_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    assert display_path(tmp_path / "x.sql") == str(tmp_path / "x.sql")
