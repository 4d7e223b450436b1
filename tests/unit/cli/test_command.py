"""command: from what argparse made to typed options, and from facts to an answer."""

from __future__ import annotations

import argparse
import json
import logging
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import (
    Answer,
    Command,
    CommonOptions,
    announce,
    is_agreed,
    json_answer,
    run_command,
    text_answer,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pytest

    from promptlib.cli.command import Terminal


class Reader:
    """Somebody at a terminal, who gives one answer to each question."""

    is_coloured = False
    columns = 0
    can_answer = True

    def __init__(self, answer: str) -> None:
        self.answer, self.read = answer, [""]

    def ask(self, question: str, default: str) -> str:
        """Read the question, and answer."""
        self.read = [question]
        return self.answer or default

    def agrees(
        self, lines: Iterable[str], question: str, answers: Sequence[str], declined: str
    ) -> bool:
        """Read what will be done, and answer."""
        self.read = [*lines, question]
        self.heard = "" if self.answer in answers else declined
        return not self.heard


class CountOptions(NamedTuple):
    """The options of the command that the test runs."""

    number: int
    common: CommonOptions


def count(options: CountOptions, _: Terminal) -> Answer:
    """Answer with what was given."""
    return Answer(f"{options.common.url} {options.number}", 1)


def test_a_command_gets_its_options_typed_and_those_of_all() -> None:
    said = argparse.Namespace(
        command=Command("counts", "3", CountOptions, count),
        number=3,
        url="postgresql://h/db",
        config="",
        section="alembic",
        verbose=False,
        quiet=True,
    )
    assert run_command(said, Reader("")) == Answer("postgresql://h/db 3", 1)


def test_answers() -> None:
    assert text_answer(["a", "b"]) == Answer("a\nb")
    answer = json_answer({"a": [1]}, 1)
    assert (json.loads(answer.text), answer.code) == ({"a": [1]}, 1)


def test_a_file_is_written_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "page.html"
    with caplog.at_level(logging.INFO, "promptlib"):
        write_file(path, "größe")
    assert path.read_bytes() == "größe".encode()
    assert caplog.messages[0].startswith("wrote ")
    assert caplog.messages[0].endswith("page.html")


def test_who_is_asked_reads_what_will_be_done(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "promptlib")
    for answer, agreed in (("y", True), ("yes", True), ("n", False), ("", False)):
        reader = Reader(answer)
        assert is_agreed(reader, ["a"], "sure?", unasked=False) is agreed
        assert reader.read == ["a", "sure?"]
        assert reader.heard == ("" if agreed else "nothing was changed")
    assert is_agreed(Reader("db"), [], "which?", unasked=False, answers=["db"])
    assert caplog.messages == []


def test_what_is_agreed_on_is_said_and_not_asked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "promptlib")
    reader = Reader("n")
    assert is_agreed(reader, ["a", "b"], "sure?", unasked=True)
    assert reader.read == [""]
    assert caplog.messages == ["a", "b"]
    announce(["c"])
    assert caplog.messages[-1] == "c"
