"""A backup of the whole database: by pg_dump, checked, and readable by its owner alone."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.postgres.client_programs import (
    DUMP,
    MAJOR,
    NO_DATABASE,
    RESTORE,
    call_for,
    find_dump_programs,
    run_client,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.postgres.target import Target

_NONE_WRITTEN = "no backup was written"


def write_backup(target: Target, folder: Path, current: str) -> Path:
    """Write a backup.

    Args:
        target: the database.
        folder: where the file shall be; it is made if need be.
        current: the revision that the database is at; empty: none.

    Returns:
        the file's path, which names the database, its revision and the time.

    Raises:
        NoConnectionError: when there is none to be had.
        MissingExtraError: when no pg_dump is at hand that the server's version takes.
        ProgramError: when pg_dump or pg_restore fails.
        ConfigurationError: when the folder or the URL is not fit for it. In no case is there such
            a file then.
    """
    with contextlib.closing(target.connect()) as connection:
        server, name = connection.server_version // MAJOR, connection.info.dbname
    client = find_dump_programs(server)
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    safe = re.sub(r"[^\w.-]", "_", name)
    path = folder / f"{safe}-{current or 'base'}-{time}.dump"
    with _write_errors_explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _named_when_whole(path) as unfinished:
            whole = call_for(target).but("--format=custom", f"--file={unfinished}")
            run_client(client, DUMP, whole, _NONE_WRITTEN)
            run_client(client, RESTORE, NO_DATABASE.but("--list", str(unfinished)), _NONE_WRITTEN)
    return path


@contextlib.contextmanager
def _named_when_whole(path: Path) -> Iterator[Path]:
    """A file that gets its name only when it is whole."""
    made = path.with_name(f".{path.name}.unfinished")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield made
        os.fsync(descriptor)
        if path.exists():
            raise FileExistsError(0, "", str(path))
        made.rename(path)
    finally:
        os.close(descriptor)
        made.unlink(missing_ok=True)


@contextlib.contextmanager
def _write_errors_explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise ConfigurationError(
            "another backup was begun in this second, or this is no folder",
            "run it again, or name another folder",
            place=display_path(Path(error.filename)),
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"no backup can be written: {error.strerror}",
            "name a folder that can be written to",
            place=display_path(folder),
        ) from None
