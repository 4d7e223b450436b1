"""Repeatable files on a scratch database: do they run at head, and once more with no effect?"""

from __future__ import annotations

import contextlib

import psycopg2

from promptlib.core.errors import PromptlibError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.runner import Step
from promptlib.ledger.tables import UP
from promptlib.postgres.catalog import catalog_difference, read_catalog
from promptlib.postgres.errors import explain_server_error
from promptlib.verify.measure import run_measured
from promptlib.verify.report import Finding, RepeatableProof

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.config.settings import Settings
    from promptlib.files.repeatable import RepeatableFile
    from promptlib.verify.session import ScratchSession

_AGAIN = "runs once, and fails the second time: {}"
_CHANGES = "running them all a second time makes another schema"


def prove_repeatable(
    session: ScratchSession, files: Sequence[RepeatableFile], settings: Settings
) -> RepeatableProof:
    """Run repeatable files in their order, and all of them again.

    Args:
        session: on a database where all migrations have run.
        files: in their order.
        settings: what they run with.
    """
    return RepeatableProof(len(files), tuple(_findings(session, files, settings)))


def _findings(
    session: ScratchSession, files: Sequence[RepeatableFile], settings: Settings
) -> Iterator[Finding]:
    said = "{}"
    seen = []
    for said in ("{}", _AGAIN):
        for file in files:
            if error := _run(session, file, settings):
                notes = tuple(line for note in error.notes for line in note.splitlines())
                place = error.place or display_path(file.path)
                yield Finding(place, said.format(error.what), notes)
                return
        seen.append(read_catalog(session.connection))
    if difference := [*catalog_difference(*seen)]:
        yield Finding(display_path(files[0].path.parent), _CHANGES, tuple(difference))


def _run(
    session: ScratchSession, file: RepeatableFile, settings: Settings
) -> PromptlibError | None:
    """Run one; why it fails, where it does."""
    step = Step(file.name, UP, file.section, file.path)
    try:
        [*run_measured(session, step, settings)]
    except PromptlibError as error:
        found = error
    except psycopg2.Error as error:
        found = explain_server_error(error, display_path(file.path))
    else:
        return None
    with contextlib.suppress(psycopg2.Error):  # the connection may be lost
        session.connection.rollback()
    return found
