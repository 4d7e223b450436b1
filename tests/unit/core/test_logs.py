"""logs: lines on stderr, and below them on a terminal one that comes and goes."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING, Protocol, TextIO

import pytest

from promptlib.core.logs import show_progress, show_transient
from support.screens import ERASE, Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger("promptlib.tests")


class _Show(Protocol):
    def __call__(self, stderr: TextIO | None, *, quiet: bool = False) -> None: ...


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Show]:
    """Let promptlib's log be shown on something that takes the place of stderr."""
    log = logging.getLogger("promptlib")
    kept = log.handlers, log.propagate, log.level

    def shown(stderr: TextIO | None, *, quiet: bool = False) -> None:
        monkeypatch.setattr(sys, "stderr", stderr)
        show_progress(quiet=quiet)

    yield shown
    log.handlers, log.propagate, level = kept
    log.setLevel(level)


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
    assert screen.text == ERASE + 19 * "x"


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
