"""What a child process says of files is what they hold, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from promptlib.files.directory import list_migrations
from promptlib.files.reading_ahead import ReadAhead, read_ahead

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is read ahead elsewhere")
_TEXT = "-- UP\nCREATE TABLE a ();\n\n-- DOWN\nDROP TABLE a;\n"
_OTHERS = {
    "crlf": _TEXT.replace("\n", "\r\n"),
    "commented": f"-- what it does\n{_TEXT}",
    "imported": f"-- imported from flyway: 1\n{_TEXT}",
    "replacing": f"{_TEXT}-- replaces: 20250101000000 {'0' * 64}\n",
    "large": f"{_TEXT}{' ' * (1 << 16)}",
    "no_migration": "SELECT 1;",
    "empty": "",
}


@pytest.fixture
def paths(folder: Path) -> list[str]:
    """Three plain migrations."""
    found = [folder / f"2025010100000{number}_a.sql" for number in range(3)]
    for number, path in enumerate(found):
        path.write_text(_TEXT.replace("a", f"a{number}"))
    return [*map(str, found)]


@pytest.fixture
def pipe(folder: Path) -> Path:
    """What a child reads until somebody writes to it."""
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def test_checksums_are_those_of_the_sections(paths: list[str], folder: Path) -> None:
    found = read_ahead(paths)
    assert found
    parsed = {file.where: file.read() for file in list_migrations(str(folder))}
    assert found.checksums() == {
        where: f"{each.up.checksum}:{each.down.checksum}" for where, each in parsed.items()
    }


def test_of_others_nothing_is_said(paths: list[str], folder: Path) -> None:
    for name, text in _OTHERS.items():
        (folder / f"20250201000000_{name}.sql").write_text(text, newline="")
    everything = [str(path) for path in sorted(folder.iterdir())]
    assert [*ReadAhead([*everything, f"{folder}/gone.sql", f"{folder}"]).checksums()] == paths


def test_what_a_child_did_not_come_to_is_not_known(paths: list[str], pipe: Path) -> None:
    found = ReadAhead([paths[0], str(pipe), *paths[1:]])
    with pipe.open("wb"):  # the child has come so far
        os.kill(found.child, signal.SIGKILL)
        assert [*found.checksums()] == paths[:1]


def test_signals_are_not_a_child_s(pipe: Path) -> None:
    """Ctrl-C goes to all processes of a terminal, and one of them answers."""
    found = ReadAhead([str(pipe)])
    with pipe.open("wb") as stream:
        os.kill(found.child, signal.SIGINT)
        stream.write(_TEXT.encode())
    assert [*found.checksums()] == [str(pipe)]


def test_where_children_are_nobody_s(paths: list[str]) -> None:
    code = (
        "import signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
        "from promptlib.files.reading_ahead import ReadAhead;"
        "assert len(ReadAhead(sys.argv[1:]).checksums()) == 3"
    )
    subprocess.run([sys.executable, "-c", code, *paths], check=True)


def test_on_one_core_it_does_not_pay(paths: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert read_ahead(paths) is None
