"""main: exit codes, and in which form an error is told."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING

import pytest

from promptlib.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def garbage() -> Iterator[None]:
    """Leave Python's search for garbage as it was: a command is the last thing of its process."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_an_error_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrat"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "promptlib: error: no command 'migrat'; did you mean migrate?\n"


def test_an_error_is_a_document_where_one_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statsu", "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["code"] == "usage"
    assert said.err == ""


def test_behind_two_dashes_there_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statsu", "--", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "did you mean status?" in said.err
