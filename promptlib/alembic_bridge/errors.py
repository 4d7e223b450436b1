"""How the `alembic` command tells what we have to say: on stderr, whole, without a traceback."""

from __future__ import annotations

import contextlib
import logging
import warnings
from typing import TYPE_CHECKING, NoReturn

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SAWarning

from promptlib.core.errors import PromptlibError, error_chain
from promptlib.core.interrupts import (
    INTERRUPTED,
    interrupt_behind,
    interrupt_exit_code,
    sigterm_raised,
)
from promptlib.core.logs import show_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg2
    from alembic.config import Config

_log = logging.getLogger("promptlib")
FROM = "promptlib_from"  # there too: the current revisions that the command was agreed on
READ = "promptlib_read"  # and what has been read of the migrations, by version
COMMAND = "promptlib_command"  # in the attributes of the configuration of our own command
_ALEMBIC_FAILED = -1  # what Alembic's own command exits with


def is_command_line(config: Config) -> bool:
    """Whether Alembic's own command runs, which reports errors and exits; its API raises them."""
    return hasattr(config.cmd_opts, "cmd")


def is_offline_revision(config: Config) -> bool:
    """Whether this is `alembic revision --sql`: it shall do without a database."""
    command = getattr(config.cmd_opts, "cmd", [None])[0]
    offline = bool(getattr(config.cmd_opts, "sql", False))
    return offline and getattr(command, "__name__", "") == "revision"


def configure_logging(config: Config) -> None:
    """Show progress on stderr when the `alembic` command runs; a program keeps its own logging."""
    if is_command_line(config):
        show_progress(quiet=bool(getattr(config.cmd_opts, "quiet", False)))


def is_command(config: Config) -> bool:
    """Whether a command of Alembic's or of ours runs: it answers to Ctrl-C and SIGTERM."""
    return is_command_line(config) or bool(config.attributes.get(COMMAND))


@contextlib.contextmanager
def fewer_warnings() -> Iterator[None]:
    """Keep to oneself what SQLAlchemy cannot read or sort, and Alembic compare: we can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        warnings.filterwarnings("ignore", r"Expression #\d+ .* an operator clause")
        yield


@contextlib.contextmanager
def errors_reported(config: Config, place: Callable[[], str] = str) -> Iterator[None]:
    """Turn our errors, and the driver's, into what a caller of Alembic expects.

    The command line gets the whole error on stderr: Alembic's own report would fold its lines into
    one paragraph. Callers of the API, and of `--raiseerr`, get a CommandError.

    Args:
        config: of the running command.
        place: tells where a driver's error came up, which knows no file.
    """
    answered = sigterm_raised() if is_command(config) else contextlib.nullcontext()
    try:
        with answered:
            yield
    except PromptlibError as error:
        _fail(config, error)
    except Exception as error:
        if not _of_the_driver(error):
            raise
        if interrupt := interrupt_behind(error):
            _end(config, interrupt)
        _fail(config, explain_error(error, place()))
    except KeyboardInterrupt as error:
        _end(config, error)


def explain_error(error: BaseException, place: str) -> PromptlibError:
    """What an error means; if it came up while one of ours was handled, then that one.

    Args:
        error: whatever was raised; a commit knows no file.
        place: the file that was running, or nothing.
    """
    for earlier in error_chain(error):
        if isinstance(earlier, PromptlibError):
            return earlier
    if raised := _of_the_driver(error):
        from promptlib.postgres.errors import explain_server_error  # noqa: PLC0415

        return explain_server_error(raised, place)
    return PromptlibError(str(error) or "interrupted", place=place)


def _of_the_driver(error: BaseException) -> psycopg2.Error | None:
    """The driver's error that this one is, or stands for."""
    import psycopg2  # noqa: PLC0415 - commands that need no database do without

    raised = error.orig if isinstance(error, DBAPIError) else error
    return raised if isinstance(raised, psycopg2.Error) else None


def _end(config: Config, interrupt: KeyboardInterrupt) -> NoReturn:
    if not is_command_line(config):
        raise interrupt
    _log.error("%s", INTERRUPTED)
    raise SystemExit(interrupt_exit_code(interrupt)) from None


def _fail(config: Config, error: PromptlibError) -> None:
    if is_command_line(config) and not getattr(config.cmd_opts, "raiseerr", False):
        _log.error("%s", error)
        raise SystemExit(_ALEMBIC_FAILED) from error
    raise CommandError(str(error)) from error
