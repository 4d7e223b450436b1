"""What alembic.ini and -x say about a deploy, and what they cannot say."""

from __future__ import annotations

import pytest

from promptlib.config.settings import OPTIONS, Settings, read_settings
from promptlib.core.errors import PromptlibError


def test_nothing_said_is_the_default() -> None:
    said = read_settings(dict.fromkeys(OPTIONS), {}, "alembic.ini")
    assert said == Settings()
    assert said.of_section({}) == {"lock_timeout": "5s"}
    assert said.attempts == 10
    assert said.deploy_wait == "10min"
    assert not said.applies_late


def test_arguments_win_over_the_file() -> None:
    options = {"lock_timeout": "1min", "deploy_wait": "1h", "late_migrations": "apply"}
    arguments = {"lock_timeout": "200ms", "late": "refuse", "tenant": "a"}
    said = read_settings(options, arguments, "alembic.ini")
    assert said == Settings(lock_timeout="200ms", deploy_wait="1h", late_migrations="refuse")


@pytest.mark.parametrize("name", ["late", "late_migrations"])
def test_late_migrations_may_be_asked_for_by_either_name(name: str) -> None:
    assert read_settings({}, {name: "apply"}, "").applies_late


def test_white_space_around_a_value_does_not_matter() -> None:
    assert read_settings({"lock_attempts": " 3 "}, {"late": " apply"}, "") == Settings(
        lock_attempts="3", late_migrations="apply"
    )


def test_each_section_runs_with_what_the_server_has_to_know() -> None:
    said = read_settings({"statement_timeout": "1h"}, {"allow_data_loss": "on"}, "")
    assert said.of_section({}) == {
        "lock_timeout": "5s",
        "statement_timeout": "1h",
        "promptlib.allow_data_loss": "on",
    }


def test_what_a_section_says_wins() -> None:
    said = read_settings({"lock_timeout": "1s"}, {}, "")
    assert said.of_section({"lock_timeout": "7s"})["lock_timeout"] == "7s"


def test_an_argument_may_take_the_limit_of_statements_away() -> None:
    said = read_settings({"statement_timeout": "1h"}, {"statement_timeout": ""}, "")
    assert "statement_timeout" not in said.of_section({})


def test_data_loss_is_allowed_for_one_command_and_not_in_the_file() -> None:
    assert "allow_data_loss" not in OPTIONS


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("lock_timeout", "5 parsecs", "a time like 500ms, 5s or 1min"),
        ("lock_timeout", "-1", "a time like 500ms, 5s or 1min"),
        ("lock_attempts", "0", "a number from 1 to 1000"),
        ("lock_attempts", "1001", "a number from 1 to 1000"),
        ("lock_attempts", "-3", "a number from 1 to 1000"),
        ("lock_attempts", "1e2", "a number from 1 to 1000"),
        ("lock_attempts", "\N{ARABIC-INDIC DIGIT THREE}", "a number from 1 to 1000"),
        ("statement_timeout", "long", "a time like 30s or 10min"),
        ("deploy_wait", "forever", "a time like 30s, 10min or 1h"),
        ("late_migrations", "Apply", "refuse or apply"),
        ("late_migrations", "yes", "refuse or apply"),
    ],
)
def test_what_a_setting_cannot_be(name: str, value: str, form: str) -> None:
    said = f"{name} cannot be {value!r}; write {form}"
    for options, arguments, expected in (
        ({name: value}, {}, f"alembic.ini: {said}"),
        ({}, {name: value}, f"-x {said}"),
    ):
        with pytest.raises(PromptlibError) as caught:
            read_settings(options, arguments, "alembic.ini")
        assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("options", "arguments", "expected"),
    [
        ({}, {"late": "first"}, "-x late cannot be 'first'; write refuse or apply"),
        (
            {"lock_attempts": "many"},
            {"lock_attempts": "3"},
            "alembic.ini: lock_attempts cannot be 'many'; write a number from 1 to 1000",
        ),
        ({}, {"allow_data_loss": "yes"}, "-x allow_data_loss cannot be 'yes'; write on or off"),
    ],
)
def test_an_error_names_what_was_written(
    options: dict[str, str], arguments: dict[str, str], expected: str
) -> None:
    """As it was written, and also where something else overrides it."""
    with pytest.raises(PromptlibError) as caught:
        read_settings(options, arguments, "alembic.ini")
    assert str(caught.value) == expected
