"""squawk's rules for UP sections, run as a program: what it finds, as violations.

Which of its rules do not fit, and which comments silence one, is left to linter.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from promptlib.core.errors import MissingExtraError, ProgramError
from promptlib.lint.violations import Violation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from promptlib.files.parser import Migration

_PACKAGE = "squawk-cli"
_OLDEST_SERVER = "14"
_FOUND_SOMETHING = 1
_MODES = {True: "--assume-in-transaction", False: "--no-assume-in-transaction"}


class _SquawkFinding(TypedDict):
    """What squawk prints of a finding; lines and columns count from 0, columns in bytes."""

    file: str
    line: int
    column: int
    level: str
    message: str
    help: str | None
    rule_name: str


def run_squawk(migrations: Iterable[Migration], include: Sequence[str]) -> Iterator[Violation]:
    """Yield what squawk finds in UP sections.

    Args:
        migrations: read already.
        include: rules that squawk leaves out unless they are asked for.

    Raises:
        MissingExtraError: when it is not installed.
        ProgramError: when it fails.
    """
    program, all_of_them = _program(), [*migrations]
    for transactional, mode in _MODES.items():
        chosen = [each for each in all_of_them if each.up.transactional == transactional]
        if chosen:
            options = [mode, *(f"--include={rule}" for rule in include)]
            yield from _findings(chosen, program, options)


def _program() -> Path:
    """The program that the extra installs, wherever that is."""
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise MissingExtraError(
            "squawk is not installed", "install the extra lint: pip install 'promptlib[lint]'"
        ) from None
    return next(Path(str(each.locate())) for each in files if each.stem == "squawk")


def _findings(
    migrations: Sequence[Migration], program: Path, options: Sequence[str]
) -> Iterator[Violation]:
    """One process for all: each text goes up to the end of UP, so that its lines are the file's."""
    with tempfile.TemporaryDirectory(prefix="promptlib-") as folder:
        for number, migration in enumerate(migrations):
            text = migration.up.source[: migration.up.end]
            Path(folder, f"{number}.sql").write_bytes(text)
        for found in _run(folder, program, options):
            yield _violation(migrations[int(Path(found["file"]).stem)], found)


def _run(folder: str, program: Path, options: Sequence[str]) -> list[_SquawkFinding]:
    # Its own configuration is left out: what it says would hold without a reason given.
    fixed = [f"--config={os.devnull}", f"--pg-version={_OLDEST_SERVER}", "--reporter=json"]
    result = subprocess.run(
        [program, *fixed, *options, "*.sql"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if result.returncode in (0, _FOUND_SOMETHING):
        try:
            found: list[_SquawkFinding] = json.loads(result.stdout)
        except ValueError:
            pass
        else:
            return found
    said = next(iter(result.stderr.splitlines()), f"exit code {result.returncode}")
    raise ProgramError(f"squawk failed: {said}")


def _violation(migration: Migration, found: _SquawkFinding) -> Violation:
    """What squawk says, with lines and columns counted from 1, and columns in characters."""
    line = migration.up.source.split(b"\n")[found["line"]]
    column = len(line[: found["column"]].decode(errors="replace")) + 1
    return Violation(
        migration.path,
        found["line"] + 1,
        column,
        found["rule_name"],
        found["message"].rstrip("."),
        (found["help"] or "").rstrip("."),
        "error" if found["level"] == "Error" else "warning",
    )
