"""The `promptlib` command: it runs what its arguments say, prints what comes of it, and asks.

The only module that prints.
"""

from __future__ import annotations

import gc
import importlib
import io
import logging
import os
import sys
from typing import TYPE_CHECKING

from promptlib.postgres.driver import psycopg2  # before any other module imports it

# isort: split
from promptlib.cli.arguments import make_parser
from promptlib.core.errors import PromptlibError
from promptlib.core.interrupts import (
    INTERRUPTED,
    interrupt_behind,
    interrupt_exit_code,
    sigterm_raised,
)
from promptlib.core.logs import show_progress, stdout_may_close

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from promptlib.cli.answers import Answer, Terminal

    _Command = Callable[[argparse.Namespace, Terminal], Answer]

_ERROR = 2
_RARELY = 100_000  # new objects between two searches for garbage, of which a command makes little
_YES = ("y", "yes")
_LOOKING = {"status", "pending", "executed", "history", "completion"}
_LOOKING |= {"db show", "db test", "db wait"}
_AUTHORING = {"verify", "lint", "check", "erd"}


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0 done, 1 the answer is no, 2 an error."""
    gc.set_threshold(_RARELY)
    try:
        words = sys.argv[1:] if given is None else given
        return _run(make_parser(*words[:1]).parse_args(words))
    finally:
        gc.freeze()  # or Python searches all that is there for garbage before it ends


def _run(options: argparse.Namespace) -> int:
    show_progress(quiet=options.quiet)
    if options.verbose:
        logging.getLogger("promptlib").setLevel(logging.DEBUG)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    code = 0
    try:
        with sigterm_raised(), stdout_may_close():
            answer = _function(options.command)(options, _Terminal())
            code = answer.code
            if answer.text:
                print(answer.text, end="" if answer.text.endswith("\n") else "\n")
    except PromptlibError as error:
        return _fail(error)
    except psycopg2.Error as error:
        if interrupt := interrupt_behind(error):  # which has closed the connection
            return _interrupted(interrupt)
        from promptlib.postgres.errors import explain_server_error

        return _fail(explain_server_error(error, ""))
    except OSError as error:
        return _fail(PromptlibError(error.strerror or str(error), place=error.filename or ""))
    except KeyboardInterrupt as error:
        return _interrupted(error)
    return code


def _function(command: str) -> _Command:
    """What runs a command. Its room alone is imported, for looking is to be quick."""
    other = "author_commands" if command in _AUTHORING else "deploy_commands"
    room = "status_commands" if command in _LOOKING else other
    module = importlib.import_module(f"promptlib.cli.{room}")
    found: _Command = getattr(module, command.replace(" ", "_"))
    return found


def _fail(error: PromptlibError) -> int:
    print(error, file=sys.stderr)
    return _ERROR


def _interrupted(error: KeyboardInterrupt) -> int:
    print(INTERRUPTED, file=sys.stderr)
    return interrupt_exit_code(error)


class _Terminal:
    """Who runs the command, for commands that paint or ask."""

    @property
    def is_coloured(self) -> bool:
        """Whether results go to a terminal, which nobody asked to keep plain."""
        return sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def agrees(self, lines: Iterable[str], question: str, answers: Sequence[str] = _YES) -> bool:
        """Say what will be done, and ask.

        Raises:
            PromptlibError: where nobody can be asked.
        """
        print(*lines, sep="\n", file=sys.stderr)
        if not sys.stdin.isatty():
            raise PromptlibError(
                "there is no terminal to ask at, so nothing was changed", "say --yes to go on"
            )
        print(question, end=" ", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip() in answers:
            return True
        print("nothing was changed", file=sys.stderr)
        return False


if __name__ == "__main__":
    sys.exit(main())
