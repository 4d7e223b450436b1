"""forks: a command that is forked is the command that a user starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from support import forks
from support.projects import Project, environment_with, path_of

if TYPE_CHECKING:
    from pathlib import Path

_NOWHERE = "postgresql://127.0.0.1:1/nowhere"
_STARTED = {"PYTHONHASHSEED": "0"}  # which Python reads when it starts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked here")


@pytest.fixture(autouse=True)
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let these tests fork, whoever runs them."""
    monkeypatch.delenv("TEST_FORKS", raising=False)


def _ended(
    folder: Path, kind: type[object], *command: str, **environment: str
) -> tuple[int, bytes, bytes]:
    """How a command ends that has become a process of this kind, and what it wrote."""
    program, *arguments = command
    given = environment_with({"DATABASE_URL": _NOWHERE, **environment})
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        made = forks.start(
            forks.Command([path_of(program), *arguments], folder, given), output, errors
        )
        assert isinstance(made, kind)
        code = made.wait()
        return code, os.pread(output.fileno(), 1 << 20, 0), os.pread(errors.fileno(), 1 << 20, 0)


@pytest.mark.parametrize(
    "command",
    [
        *("promptlib --help", "promptlib nonsense", "promptlib status", "promptlib new ?!"),
        *("promptlib lint", "promptlib erd", "alembic heads", "alembic current", "alembic x"),
        *("alembic upgrade head --sql", "alembic show 2024"),
    ],
)
def test_it_says_the_same_and_ends_in_the_same_way(tmp_path: Path, command: str) -> None:
    Project.copy(tmp_path).add(1, "SELECT 1;")
    words = command.split()
    forked = _ended(tmp_path, forks.Forked, *words)
    assert forked == _ended(tmp_path, subprocess.Popen, *words, **_STARTED)
    assert forked[1] or forked[2]


def test_it_is_a_process_with_a_session_of_its_own(tmp_path: Path) -> None:
    Project.copy(tmp_path)
    given = environment_with({"DATABASE_URL": _NOWHERE})
    with tempfile.TemporaryFile() as written:
        command = forks.Command([path_of("promptlib"), "db", "wait"], tmp_path, given)
        made = forks.start(command, written, written, session=True)
        assert made.poll() is None
        assert os.getsid(made.pid) == os.getpgid(made.pid) == made.pid
        os.killpg(made.pid, signal.SIGKILL)
        assert made.wait() == made.poll() == -signal.SIGKILL
        made.send_signal(signal.SIGTERM)  # nobody has the number now, or another process
