"""squawk's rules for UP sections, run as a program: what it finds, as violations.

SQL inside of DO blocks is shown to it as if it stood outside. Which of its findings are false is
left to squawk_findings.py, which rules do not fit, and which comments silence one, to linter.py.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from promptlib.core.errors import MissingExtraError, ProgramError
from promptlib.lint.violations import Violation
from promptlib.syntax.plpgsql import end_of, is_block
from promptlib.syntax.statements import blank_restrictions, line_and_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from promptlib.lint.migration_text import MigrationText, StatementText

_PACKAGE = "squawk-cli"
_OLDEST_SERVER = "14"
_FOUND_SOMETHING = 1
_MODES = {True: "--assume-in-transaction", False: "--no-assume-in-transaction"}
# What a deploy or one of our own rules does already; a project may ask for them.
LEFT_OUT = frozenset(
    (
        "ban-concurrent-index-creation-in-transaction",  # cannot-run-in-transaction
        "prefer-robust-stmts",  # no statement runs twice: each is recorded where it commits
        "require-lock-timeout",  # every section runs with lock_timeout
        "require-statement-timeout",  # an operator's choice, in alembic.ini
    )
)
# What squawk has rules for; the rest of a DO block is no SQL that it could read.
_SHOWN = ("ALTER", "CREATE", "DROP", "REINDEX", "TRUNCATE")
_SYNTAX = "syntax-error"
_BLANK = re.compile(rb"[^\n\r]")


class SquawkFinding(NamedTuple):
    """What squawk found.

    Attributes:
        text: the migration that it is about.
        offset: where it begins in the file.
        violation: the same, as it is told.
    """

    text: MigrationText
    offset: int
    violation: Violation


class _PrintedFinding(TypedDict):
    """What squawk prints of a finding; lines and columns count from 0, columns in bytes."""

    file: str
    line: int
    column: int
    level: str
    message: str
    help: str | None
    rule_name: str


def run_squawk(texts: Iterable[MigrationText], include: Sequence[str]) -> Iterator[SquawkFinding]:
    """Yield what squawk finds in UP sections.

    Args:
        texts: of the migrations.
        include: rules that are left out unless they are asked for.

    Raises:
        MissingExtraError: when it is not installed.
        ProgramError: when it fails.
    """
    program, all_of_them = _program(), [*texts]
    asked = [
        *(f"--include={rule}" for rule in include),
        *(f"--exclude={rule}" for rule in sorted(LEFT_OUT.difference(include))),
    ]
    for transactional, mode in _MODES.items():
        chosen = [each for each in all_of_them if each.migration.up.transactional == transactional]
        yield from _findings(chosen, program, [mode, *asked])


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
    texts: Sequence[MigrationText], program: Path, options: Sequence[str]
) -> Iterator[SquawkFinding]:
    """What squawk finds; it is silent of files that it cannot read, and once more asked of those.

    What it cannot read may be ours: what was cut out of a DO block.
    """
    unreadable = []
    for text, found in _look(texts, program, options, shown_text):
        if any(each.violation.rule == _SYNTAX and _is_in_block(each) for each in found):
            unreadable.append(text)
        else:
            yield from found
    for _, found in _look(unreadable, program, options, _text_without_blocks):
        yield from found


def _is_in_block(finding: SquawkFinding) -> bool:
    text = finding.text
    return any(
        is_block(each.tokens) and each.offset <= finding.offset <= end_of(text.source, each.tokens)
        for each in text.up
    )


def _look(
    texts: Sequence[MigrationText],
    program: Path,
    options: Sequence[str],
    shown: Callable[[MigrationText], bytes],
) -> Iterator[tuple[MigrationText, list[SquawkFinding]]]:
    """One process for all: each text goes up to the end of UP, so that its lines are the file's."""
    if not texts:
        return
    found: list[list[SquawkFinding]] = [[] for _ in texts]
    with tempfile.TemporaryDirectory(prefix="promptlib-") as folder:
        for number, text in enumerate(texts):
            Path(folder, f"{number}.sql").write_bytes(shown(text))
        for each in _run(folder, program, options):
            number = int(Path(each["file"]).stem)
            found[number].append(_told(texts[number], each))
    yield from zip(texts, found, strict=True)


def shown_text(text: MigrationText) -> bytes:
    """A file up to the end of UP; of DO blocks only the statements, each where it stands."""
    shown = bytearray(_text_without_blocks(text))
    for statement in text.up:
        if statement.block and statement.word in _SHOWN:
            _show(shown, statement)
    return bytes(shown)


def _text_without_blocks(text: MigrationText) -> bytes:
    up = text.migration.up
    shown = bytearray(blank_restrictions(text.source[: up.end], up.statements))
    for statement in text.up:
        if is_block(statement.tokens):
            span = slice(statement.offset, end_of(text.source, statement.tokens))
            shown[span] = _BLANK.sub(b" ", shown[span])
    return bytes(shown)


def _show(shown: bytearray, statement: StatementText) -> None:
    """Put a statement where it was, and a semicolon behind it, on whichever line it fits."""
    start, end = statement.offset, statement.offset + len(statement.inner)
    shown[start:end] = statement.inner
    while bytes(shown[end : end + 1]) in (b"\n", b"\r"):
        end += 1
    shown[end : end + 1] = b";"


def _run(folder: str, program: Path, options: Sequence[str]) -> list[_PrintedFinding]:
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
            found: list[_PrintedFinding] = json.loads(result.stdout)
        except ValueError:
            pass
        else:
            return found
    said = next(iter(result.stderr.splitlines()), f"exit code {result.returncode}")
    raise ProgramError(f"squawk failed: {said}")


def _told(text: MigrationText, found: _PrintedFinding) -> SquawkFinding:
    """What squawk says, with lines and columns counted from 1, and columns in characters."""
    offset = text.line_starts[found["line"]] + found["column"]
    line, column = line_and_column(text.source, offset)
    violation = Violation(
        text.migration.path,
        line,
        column,
        found["rule_name"],
        found["message"].rstrip("."),
        (found["help"] or "").rstrip("."),
        "error" if found["level"] == "Error" else "warning",
    )
    return SquawkFinding(text, offset, violation)
