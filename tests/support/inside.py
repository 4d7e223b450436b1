"""The `alembic` command in the test's own process: a table of cases would start hundreds."""

from __future__ import annotations

import contextlib
import io
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from alembic.config import CommandLine, Config

from promptlib.core import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.projects import Project


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    ok: bool
    stdout: str
    stderr: str


def alembic(project: Project, *arguments: str, ok: bool | None = True) -> Said:
    """Do what `project.alembic` does; `ok` means the same."""
    line = CommandLine()
    options = line.parser.parse_args(arguments)
    code: int | str | None = 0
    with (
        _as_in_a_process(project),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as error,
    ):
        try:
            line.run_cmd(Config("alembic.ini", stdout=out, cmd_opts=options), options)
        except SystemExit as end:
            code = end.code
    said = Said(not code, out.getvalue(), error.getvalue())
    assert ok in (None, said.ok), f"{arguments}: {said}"
    return said


@contextlib.contextmanager
def _as_in_a_process(project: Project) -> Iterator[None]:
    """Be in the project's folder, and leave nothing behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.folder)
        patch.setenv("DATABASE_URL", project.url)
        patch.setattr(sys, "path", [*sys.path])
        patch.delitem(sys.modules, "model", raising=False)
        patch.setattr(logs, "_shown", None)
        yield
