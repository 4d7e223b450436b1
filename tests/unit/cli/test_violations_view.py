"""violations_view: findings in the form that was asked for, and the exit code."""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import pytest

from promptlib.cli.command import Answer
from promptlib.cli.violations_view import add_format, violations_answer
from promptlib.lint.violations import Violation

_FIRST = Violation(Path("a.sql"), 2, 1, "rule", "it is wrong")
_SECOND = Violation(Path("b.sql"), 1, 1, "rule", "it is wrong too")


def test_as_text_the_summary_stands_behind_the_findings_in_their_order() -> None:
    answer = violations_answer([_SECOND, _FIRST], 3, "text")
    assert answer.text.splitlines() == [
        "a.sql:2:1: rule: it is wrong",
        "b.sql:1:1: rule: it is wrong too",
        "2 findings in 2 files; 3 migrations checked",
    ]
    assert answer.code == 1


def test_a_document_is_a_document_and_the_summary_goes_elsewhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "promptlib"):
        answer = violations_answer([_FIRST], 1, "json")
    assert [each["file"] for each in json.loads(answer.text)] == ["a.sql"]
    assert caplog.messages == ["1 finding in 1 file; 1 migration checked"]


def test_without_findings_the_answer_is_yes() -> None:
    assert violations_answer([], 2, "text") == Answer("no findings in 2 migrations")


def test_the_form_is_text_unless_another_is_chosen() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_format(parser)
    assert parser.parse_args([]).format == "text"
    with pytest.raises(argparse.ArgumentError):
        parser.parse_args(["--format", "xml"])
