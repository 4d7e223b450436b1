"""The schema's file, written by each deploy that changed something, where a project wants one."""

from __future__ import annotations

from pathlib import Path

from promptlib.core.errors import PromptlibError, display_path
from promptlib.core.events import Event, Kind
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.remedies import DUMP, Front
from promptlib.postgres.driver import driver_errors_explained
from promptlib.postgres.target import target_of
from promptlib.schema_dump.schema_file import write_schema_file
from promptlib.schema_dump.schema_text import dump_schema

if TYPE_CHECKING:
    from promptlib.config.settings import Settings
    from promptlib.core.events import Progress
    from promptlib.engine.context import Connections
    from promptlib.plan.reading import MigrationFiles


def write_schema(
    connections: Connections, files: MigrationFiles, settings: Settings, progress: Progress
) -> None:
    """Write it; where that cannot be, the deploy is done all the same, so it is only told.

    Args:
        connections: to the database, which the deploy has changed.
        files: the migrations.
        settings: of the deploy: they name the file.
        progress: is told what came of it.
    """
    path = Path(settings.schema_file)
    shown = display_path(path)
    if connections.external:
        what = f"{shown} was not written, for this transaction is not committed yet"
        progress(Event(Kind.WARNING, f"{what}; then run {DUMP.spelled(Front.PROMPTLIB)}"))
        return
    try:
        connection = connections.connection
        with driver_errors_explained():
            text = dump_schema(connection, target_of(connection), files, settings)
        if write_schema_file(path, text):
            progress(Event(Kind.INFO, f"wrote {shown}"))
    except PromptlibError as error:
        progress(Event(Kind.WARNING, f"the deploy is done, but {shown} was not written: {error}"))
