"""The `promptlib` command: it runs what its arguments say, prints what comes of it, and asks.

The only module that prints.
"""

from __future__ import annotations

import contextlib
import gc
import io
import itertools
import os
import sys

from promptlib.cli.command import common_options, json_answer, run_command
from promptlib.cli.plain_line import NotPlainError, read_plain_line
from promptlib.core.errors import NotConfirmedError, PromptlibError
from promptlib.core.interrupts import (
    describe_interrupt,
    interrupt_behind,
    interrupt_exit_code,
    signals_answered,
)
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.logs import show_progress, show_transient, stdout_may_close
from promptlib.core.printable import printable_output, raw_stream, write_painted
from promptlib.core.remedies import NOTHING_GIVEN, STATUS, Front

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from types import SimpleNamespace

    import psycopg2

    from promptlib.cli.command import Answer
    from promptlib.core.remedies import Given

_ERROR = 2
_RARELY = 100_000  # new objects between two searches for garbage, of which a command makes little


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0 done, 1 the answer is no, 2 an error.

    Args:
        given: its words; None: those of this process, which ends here, and gives nothing back one
            by one that it has made.
    """
    gc.set_threshold(_RARELY)
    if given is not None:
        return _run(given)
    code = _run(sys.argv[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError, ValueError):  # it has been told, as far as it can be
            stream.flush()
    os._exit(code)


def _run(words: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    with printable_output():
        return _answered(words)


def _answered(words: Sequence[str]) -> int:
    given = NOTHING_GIVEN
    try:
        with (
            signals_answered(lambda: STATUS.spelled(Front.PROMPTLIB, given)),
            stdout_may_close(),
        ):
            said = _read_line(words)
            given = common_options(said).given
            answer = _answer(said)
            _print(answer)
            return answer.code
    except PromptlibError as error:
        return _fail(error, words, given)
    except _driver_error() as error:
        if interrupt := interrupt_behind(error):  # which has closed the connection
            return _interrupted(interrupt, given)
        from promptlib.postgres.errors import explain_server_error

        return _fail(explain_server_error(error, ""), words, given)
    except OSError as error:
        place = error.filename or ""
        return _fail(PromptlibError(error.strerror or str(error), place=place), words, given)
    except KeyboardInterrupt as error:
        return _interrupted(error, given)


def _driver_error() -> type[psycopg2.Error]:
    """What the driver raises, asked for when something has been raised that is no error of ours."""
    from promptlib.postgres import driver

    return driver.psycopg2.Error


def _read_line(words: Sequence[str]) -> argparse.Namespace | SimpleNamespace:
    try:
        return read_plain_line(words)
    except NotPlainError:
        from promptlib.cli.full_parser import make_parser

        return make_parser(words).parse_args(words)


def _answer(said: argparse.Namespace | SimpleNamespace) -> Answer:
    show_progress(quiet=said.quiet, verbose=said.verbose)
    return run_command(said, _Terminal())


def _print(answer: Answer) -> None:
    if not answer.text or not sys.stdout:
        return
    text = answer.text if answer.text.endswith("\n") else f"{answer.text}\n"
    if answer.is_document and not sys.stdout.isatty():
        raw_stream(sys.stdout).write(text)  # for a program, or a file
    else:
        write_painted(sys.stdout, text)


def _fail(error: PromptlibError, words: Sequence[str], given: Given) -> int:
    """Tell the error in the form that was asked for; nobody knows yet what else was said."""
    if sys.stdout and "--json" in itertools.takewhile(lambda word: word != "--", words):
        # Where stdout has failed, and may be what the error is about, stderr is left.
        with contextlib.suppress(OSError), stdout_may_close():
            _print(json_answer(error.document(given)))
            return _ERROR
    show_transient("")
    print(error.told(Front.PROMPTLIB, given), file=sys.stderr)
    return _ERROR


def _interrupted(error: KeyboardInterrupt, given: Given) -> int:
    show_transient("")
    print(describe_interrupt(error, Front.PROMPTLIB, given), file=sys.stderr)
    return interrupt_exit_code(error)


class _Terminal:
    """Who runs the command, for commands that paint or ask."""

    @property
    def is_coloured(self) -> bool:
        """Whether results go to a terminal, which nobody asked to keep plain."""
        return bool(sys.stdout and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))

    @property
    def columns(self) -> int:
        """How wide the terminal is that results go to; 0: they go to none."""
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout else 0
        except (OSError, ValueError):
            return 0

    @property
    def can_answer(self) -> bool:
        """Whether there is somebody to ask."""
        return sys.stdin.isatty()

    def ask(self, question: str, default: str) -> str:
        """The answer to a question, or the default, where somebody only types Return.

        Raises:
            NotConfirmedError: when there is no more to read.
        """
        print(question, f"[{default}]", end=" ", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line:
            raise NotConfirmedError("the input has ended, so nothing was changed")
        return line.strip() or default

    def agrees(
        self, lines: Iterable[str], question: str, answers: Sequence[str], declined: str
    ) -> bool:
        """Say what will be done, and ask.

        Raises:
            NotConfirmedError: where nobody can be asked.
        """
        print(*lines, sep="\n", file=sys.stderr)
        if not self.can_answer:
            raise NotConfirmedError(
                "there is no terminal to ask at, so nothing was changed", "say --yes to go on"
            )
        print(question, end=" ", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip() in answers:
            return True
        print(declined, file=sys.stderr)
        return False


if __name__ == "__main__":
    sys.exit(main())
