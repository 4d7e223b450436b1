"""errors: what callers of Alembic get of ours, and what the promptlib command tells its Alembic."""

from __future__ import annotations

import argparse

import psycopg2
import pytest
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import OperationalError

from promptlib.alembic_bridge.errors import (
    Handover,
    errors_reported,
    hand_over,
    handed_over,
    is_command,
    is_command_line,
    is_offline_revision,
    raised_as_ours,
)
from promptlib.core.errors import PlanRefusedError, PromptlibError
from promptlib.core.remedies import MIGRATE, Remedy

_OURS = PlanRefusedError("it is refused", Remedy("run {}", MIGRATE), place="sql/a.sql")


def revision() -> None:
    """Stand for the function of `alembic revision`."""


def command_line(**options: object) -> Config:
    """The configuration of Alembic's own command."""
    return Config(cmd_opts=argparse.Namespace(cmd=(revision, [], []), **options))


@pytest.fixture(params=[OperationalError, None])
def driver_error(request: pytest.FixtureRequest) -> Exception:
    """The driver's error, as SQLAlchemy raises it and as it is."""
    error = psycopg2.OperationalError("no such host")
    wrapped: Exception = request.param("", None, error) if request.param else error
    return wrapped


def test_the_api_raises_alembic_s_error_with_ours_behind_it() -> None:
    with pytest.raises(CommandError) as caught, errors_reported(Config()):
        raise _OURS
    assert str(caught.value) == "sql/a.sql: it is refused; run alembic upgrade head"
    assert caught.value.__cause__ is _OURS
    assert raised_as_ours(caught.value) is _OURS


def test_what_alembic_says_itself_is_one_of_ours() -> None:
    told = raised_as_ours(CommandError("no such revision"))
    assert (type(told), told.what) == (PromptlibError, "no such revision")


def test_the_command_line_gets_the_whole_error_and_exits(caplog: pytest.LogCaptureFixture) -> None:
    noted = PlanRefusedError("it is refused", notes=["one", "two"])
    with pytest.raises(SystemExit) as caught, errors_reported(command_line()):
        raise noted
    assert caught.value.code == -1
    assert caplog.messages == ["it is refused\none\ntwo"]


def test_raiseerr_gets_what_the_api_gets() -> None:
    with pytest.raises(CommandError), errors_reported(command_line(raiseerr=True)):
        raise _OURS


def test_the_driver_s_error_is_explained(driver_error: Exception) -> None:
    with pytest.raises(CommandError) as caught, errors_reported(Config()):
        raise driver_error
    assert "no such host" in str(caught.value)
    assert isinstance(raised_as_ours(caught.value), PromptlibError)
    assert type(raised_as_ours(caught.value)) is not PromptlibError


def test_a_driver_s_error_that_came_up_while_one_of_ours_was_handled(
    driver_error: Exception,
) -> None:
    driver_error.__context__ = _OURS
    with pytest.raises(CommandError) as caught, errors_reported(Config()):
        raise driver_error
    assert raised_as_ours(caught.value) is _OURS


def test_what_is_nobody_s_passes() -> None:
    with pytest.raises(LookupError), errors_reported(Config()):
        raise LookupError


def test_ctrl_c_is_a_program_s_own_and_ends_a_command(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(KeyboardInterrupt), errors_reported(Config()):
        raise KeyboardInterrupt
    with pytest.raises(SystemExit) as caught, errors_reported(command_line()):
        raise KeyboardInterrupt
    assert caught.value.code == 130
    assert len(caplog.messages) == 1


def test_what_the_promptlib_command_hands_over() -> None:
    config, handover = Config(), Handover(models=[])
    assert handed_over(config) is None
    assert not is_command(config)
    hand_over(config, handover)
    assert handed_over(config) is handover
    assert is_command(config)
    assert not is_command_line(config)


def test_what_a_program_keeps_under_that_name_is_no_handover() -> None:
    assert handed_over(Config(attributes={"promptlib": "its own"})) is None


def test_alembic_s_own_command() -> None:
    assert is_command(command_line())
    assert is_offline_revision(command_line(sql=True))
    assert not is_offline_revision(command_line(sql=False))
    assert not is_offline_revision(Config())
