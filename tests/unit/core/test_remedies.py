"""remedies: what to do, in the words of the command that was typed."""

from __future__ import annotations

import copy
import pickle

import pytest

from promptlib.core.remedies import (
    ADOPT,
    MIGRATE,
    REPAIR,
    ROLLBACK,
    STATUS,
    CommandLine,
    Front,
    Remedy,
)

_VERSION = "20250101000001"


@pytest.mark.parametrize(
    ("command", "promptlib", "alembic"),
    [
        (MIGRATE, "promptlib migrate", "alembic upgrade head"),
        (
            CommandLine("migrate", _VERSION),
            f"promptlib migrate {_VERSION}",
            f"alembic upgrade {_VERSION}",
        ),
        (
            CommandLine("migrate", late="apply"),
            "promptlib migrate --late apply",
            "alembic -x late=apply upgrade head",
        ),
        (
            CommandLine("migrate", _VERSION, "refuse"),
            f"promptlib migrate {_VERSION} --late refuse",
            f"alembic -x late=refuse upgrade {_VERSION}",
        ),
        (ROLLBACK, "promptlib rollback", "alembic downgrade -1"),
        (
            CommandLine("rollback", _VERSION),
            f"promptlib rollback --to {_VERSION}",
            f"alembic downgrade {_VERSION}",
        ),
        (STATUS, "promptlib status", "alembic current"),
        (CommandLine("check"), "promptlib check", "alembic check"),
        # What only one of the two commands has.
        (REPAIR, "promptlib repair", "promptlib repair"),
        (ADOPT, "promptlib adopt", "promptlib adopt"),
        (CommandLine("stamp", "head"), "alembic stamp head", "alembic stamp head"),
    ],
)
def test_a_command_line(command: CommandLine, promptlib: str, alembic: str) -> None:
    assert command.spelled(Front.PROMPTLIB) == promptlib
    assert command.spelled(Front.ALEMBIC) == alembic


def test_a_remedy_is_a_text_that_knows_its_commands() -> None:
    remedy = Remedy("rename it, or `{}`; then `{}`", CommandLine("migrate", late="apply"), STATUS)
    assert remedy == "rename it, or `promptlib migrate --late apply`; then `promptlib status`"
    assert remedy.spelled(Front.PROMPTLIB) == remedy
    assert remedy.spelled(Front.ALEMBIC) == (
        "rename it, or `alembic -x late=apply upgrade head`; then `alembic current`"
    )


def test_a_remedy_without_a_command_is_the_same_for_all() -> None:
    remedy = Remedy("rename it")
    assert [remedy.spelled(front) for front in Front] == ["rename it"] * 2


def test_braces_of_names_stay() -> None:
    remedy = Remedy("look at {a} and {}, `{}`", STATUS)
    assert remedy == "look at {a} and promptlib status, `{}`"


def test_a_command_without_a_place_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        Remedy("rename it", STATUS)


def test_a_copy_speaks_both_languages_too() -> None:
    remedy = Remedy("`{}`", MIGRATE)
    for again in (pickle.loads(pickle.dumps(remedy)), copy.copy(remedy), copy.deepcopy(remedy)):
        assert type(again) is Remedy
        assert again == remedy
        assert again.spelled(Front.ALEMBIC) == "`alembic upgrade head`"
