"""How Alembic's command and its API tell what we have to say: whole, in Alembic's words."""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SAWarning

from promptlib.core.errors import PromptlibError, error_chain
from promptlib.core.interrupts import (
    describe_interrupt,
    interrupt_behind,
    interrupt_exit_code,
    signals_answered,
)
from promptlib.core.logs import Log, show_progress
from promptlib.core.printable import printable_stream
from promptlib.core.remedies import NOTHING_GIVEN, STATUS, Front, Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg2
    from alembic.config import Config
    from sqlalchemy import MetaData

    from promptlib.postgres.target import Target

_log = Log("promptlib")
_KEY = "promptlib"  # in the attributes of the configuration
ALEMBIC_FAILED = -1  # what Alembic's own command exits with


class Handover(NamedTuple):
    """What the promptlib command tells the Alembic that it runs.

    Attributes:
        target: the database; None, where none is needed.
        models: where env.py puts its metadata, if that is all that is asked; else None.
    """

    target: Target | None = None
    models: list[MetaData] | None = None


def hand_over(config: Config, handover: Handover) -> None:
    """Let Alembic's side know."""
    config.attributes[_KEY] = handover


def handed_over(config: Config) -> Handover | None:
    """What the promptlib command has said; None, if it is not what runs."""
    found = config.attributes.get(_KEY)
    return found if isinstance(found, Handover) else None


def is_command_line(config: Config) -> bool:
    """Whether Alembic's own command runs, which reports errors and exits; its API raises them."""
    return hasattr(config.cmd_opts, "cmd")


def is_offline_revision(config: Config) -> bool:
    """Whether this is `alembic revision --sql`: it shall do without a database."""
    command = getattr(config.cmd_opts, "cmd", [None])[0]
    offline = bool(getattr(config.cmd_opts, "sql", False))
    return offline and getattr(command, "__name__", "") == "revision"


def show_command_progress(config: Config) -> None:
    """Show progress on stderr when the `alembic` command runs; a program keeps its own logging.

    Whatever Alembic prints passes a stream of ours from here on, to the end of the process.
    """
    if is_command_line(config):
        sys.stdout, sys.stderr = map(printable_stream, (sys.stdout, sys.stderr))
        config.stdout = printable_stream(config.stdout)
        show_progress(quiet=bool(getattr(config.cmd_opts, "quiet", False)))


def is_command(config: Config) -> bool:
    """Whether a command of Alembic's or of ours runs: it answers to Ctrl-C and SIGTERM."""
    return is_command_line(config) or handed_over(config) is not None


@contextlib.contextmanager
def fewer_warnings() -> Iterator[None]:
    """Keep to oneself what SQLAlchemy cannot read or sort, and Alembic compare: we can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        warnings.filterwarnings("ignore", r"Expression #\d+ .* an operator clause")
        yield


@contextlib.contextmanager
def errors_reported(config: Config) -> Iterator[None]:
    """Turn our errors, and the driver's, into what a caller of Alembic expects.

    The command line gets the whole error on stderr: Alembic's own report would fold its lines into
    one paragraph. Callers of the API, and of `--raiseerr`, get a CommandError whose cause is the
    error as it was raised.

    Args:
        config: of the running command.
    """
    handled = sys.exception()  # what a caller is about
    answered = (
        signals_answered(lambda: STATUS.spelled(Front.ALEMBIC, given_to(config)))
        if is_command(config)
        else contextlib.nullcontext()
    )
    try:
        with answered:
            yield
    except PromptlibError as error:
        _fail(config, error)
    except Exception as error:
        if not _raised_by_driver(error):
            raise
        if interrupt := interrupt_behind(error, handled):
            _end(config, interrupt)
        _fail(config, _explained(error, handled))
    except KeyboardInterrupt as error:
        _end(config, error)


def raised_as_ours(error: CommandError) -> PromptlibError:
    """The error that Alembic hands on as its own; or what it says itself, as one of ours."""
    ours = (each for each in error_chain(error) if isinstance(each, PromptlibError))
    return next(ours, None) or PromptlibError(str(error))


def _explained(error: BaseException, handled: BaseException | None) -> PromptlibError:
    """What a driver's error means; if it came up while one of ours was handled, then that one."""
    for earlier in error_chain(error, handled):
        if isinstance(earlier, PromptlibError):
            return earlier
    from promptlib.postgres.errors import explain_server_error  # noqa: PLC0415 - rarely needed

    raised = _raised_by_driver(error)
    assert raised
    return explain_server_error(raised, "")


def _raised_by_driver(error: BaseException) -> psycopg2.Error | None:
    """The driver's error that this one is, or stands for."""
    import psycopg2  # noqa: PLC0415 - commands that need no database do without

    raised = error.orig if isinstance(error, DBAPIError) else error
    return raised if isinstance(raised, psycopg2.Error) else None


def _end(config: Config, interrupt: KeyboardInterrupt) -> NoReturn:
    if not is_command_line(config):
        raise interrupt
    _log.error("%s", describe_interrupt(interrupt, Front.ALEMBIC, given_to(config)))
    raise SystemExit(interrupt_exit_code(interrupt)) from None


def typed_url(config: Config) -> str | None:
    """What -x url=... says; None, where it was not typed."""
    said = [each.partition("=") for each in getattr(config.cmd_opts, "x", None) or ()]
    return next((value for name, _, value in reversed(said) if name == "url"), None)


def given_to(config: Config) -> Given:
    """What was typed beside Alembic's command, to be told in remedies."""
    if not is_command_line(config):
        return NOTHING_GIVEN
    section = config.config_ini_section
    said = getattr(config.cmd_opts, "config", None)
    file = said[0] if isinstance(said, list) and said else said
    usual = section == "alembic"
    return Given("" if usual else section, str(file or ""), bool(typed_url(config)))


def _fail(config: Config, error: PromptlibError) -> NoReturn:
    told = error.told(Front.ALEMBIC, given_to(config))
    if is_command_line(config) and not getattr(config.cmd_opts, "raiseerr", False):
        _log.error("%s", told)
        raise SystemExit(ALEMBIC_FAILED) from error
    raise CommandError(told) from error
