"""logs: lines on stderr, and below them on a terminal one that comes and goes."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

import pytest

from promptlib.core import logs
from promptlib.core.events import Event, Kind
from promptlib.core.logs import EventLog, hold_back, show_transient
from support.screens import ERASE, Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logs.Log("promptlib.tests")


class _Show(Protocol):
    def __call__(
        self, stderr: TextIO | None, *, quiet: bool = False, verbose: bool = False
    ) -> None: ...


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> _Show:
    """Let what promptlib says be shown on something that takes the place of stderr."""
    monkeypatch.setattr(logs, "_shown", None)

    def shown(stderr: TextIO | None, *, quiet: bool = False, verbose: bool = False) -> None:
        monkeypatch.setattr(sys, "stderr", stderr)
        logs.show_progress(quiet=quiet, verbose=verbose)

    return shown


@pytest.fixture
def screen() -> Iterator[Screen]:
    """A terminal of 20 columns."""
    with Screen(columns=20) as made:
        yield made


def test_a_line_that_comes_and_goes(show: _Show, screen: Screen) -> None:
    show(screen.stream)
    assert show_transient("at work")
    assert show_transient("at work")
    assert screen.text == f"{ERASE}at work"
    _log.info("done")
    show_transient("")
    assert screen.text == f"{ERASE}at work{ERASE}done\r\n"


def test_it_never_fills_the_width_of_the_terminal(show: _Show, screen: Screen) -> None:
    """The cursor would be on the next line then, and only that be erased."""
    show(screen.stream)
    show_transient("x" * 50)
    assert screen.text == f"{ERASE}{5 * 'x'}...{11 * 'x'}"


def test_without_a_terminal_there_are_lines_alone(show: _Show) -> None:
    show(file := io.StringIO())
    assert not show_transient("at work")
    _log.info("done")
    assert file.getvalue() == "done\n"


def test_in_silence_there_is_none(show: _Show, screen: Screen) -> None:
    show(screen.stream, quiet=True)
    assert not show_transient("at work")
    _log.warning("a notice")
    _log.error("an error")
    assert screen.text == "an error\r\n"


def test_stderr_may_be_closed(show: _Show) -> None:
    show(None)
    assert not show_transient("at work")
    _log.info("done")


_AT_WORK = (
    "1/3  upgrade   20250101000001  make an index  statement 1 of 2, 4.1 s  "
    "building index: scanning table [#####---------------] 25%"
)


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        (140, _AT_WORK),
        (120, _AT_WORK.replace("  make an index", "")),
        (100, _AT_WORK.replace("  make an index", "").replace("[#####---------------] ", "")),
        (60, "1/3  20250101000001  statement 1 of 2, 4.1 s  25%"),
        (40, "1/3  2025010...ement 1 of 2, 4.1 s  25%"),
    ],
)
def test_the_numbers_of_what_runs_stay_on_a_narrow_terminal(
    show: _Show, columns: int, shown: str
) -> None:
    with Screen(columns) as screen:
        show(screen.stream)
        EventLog()(Event(Kind.RUNNING, _AT_WORK, seconds=4.1))
        assert screen.text == ERASE + shown


_RETRY = "attempt {} of 10 begins in 1 s; sql/x.sql:1:1: lock timeout, blocked by pid 7: {}"
_ENDS = "SELECT pg_terminate_backend(7) would end that"


def test_attempts_are_counted_in_place(show: _Show) -> None:
    with Screen(80) as screen:
        show(screen.stream)
        tell = EventLog()
        for number in (2, 3):
            tell(Event(Kind.RETRY, _RETRY.format(number, _ENDS)))
        first, second = screen.text.removeprefix(ERASE).split(ERASE)
        assert len(first) < 80
        assert first.startswith("attempt 2 of 10 begins in")
        assert first.endswith(_ENDS)
        assert second == first.replace("2", "3", 1)


def test_without_a_terminal_the_first_attempt_is_told(show: _Show) -> None:
    show(file := io.StringIO())
    tell = EventLog()
    for number in range(2, 10):
        tell(Event(Kind.RETRY, _RETRY.format(number, _ENDS)))
    assert file.getvalue() == _RETRY.format(2, _ENDS) + "\n"


def test_what_is_held_back_is_told_once_when_a_deploy_begins(show: _Show) -> None:
    show(file := io.StringIO())
    hold_back("using a server")
    assert file.getvalue() == ""
    for message in ("a", "b"):
        EventLog()(Event(Kind.INFO, message))
    assert file.getvalue() == "using a server\na\nb\n"


def test_values_are_filled_in_where_there_are_some(show: _Show) -> None:
    show(file := io.StringIO())
    _log.info("%s of %d", "one", 2)
    _log.info("100%")
    assert file.getvalue() == "one of 2\n100%\n"


def test_who_asks_for_more_is_told_more(show: _Show) -> None:
    show(file := io.StringIO())
    _log.debug("left out")
    show(file, verbose=True)
    _log.debug("told")
    assert file.getvalue() == "told\n"


def test_a_while_may_pass_in_silence(show: _Show) -> None:
    show(file := io.StringIO())
    with logs.progress_hushed():
        _log.info("left out")
        _log.error("an error")
    _log.info("told")
    assert file.getvalue() == "an error\ntold\n"


def test_a_program_has_it_in_its_own_logging(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logs, "_shown", None)
    caplog.set_level(logging.INFO, "promptlib")
    _log.info("done in %s", "1 s")
    _log.debug("left out")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("promptlib.tests", "INFO")
    assert record.getMessage() == "done in 1 s"
