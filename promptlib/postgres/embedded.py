"""The embedded PostgreSQL of the extra `embedded`: a server of one's own below .promptlib/.

A running server is found by its postmaster.pid; the wheel is imported only to start or stop one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import make_dsn

from promptlib.core.errors import NoConnectionError, ProgramError, display_path
from promptlib.postgres.programs import (
    SET_URL,
    give_to_server_owner,
    open_to_server_owner,
    run_server_program,
    server_binaries,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "promptlib"
_SUPERUSER = "postgres"
_LONGEST_SOCKET = 103  # bytes; macOS allows the fewest
# Letters of every language, and the same order on every machine.
_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# Why it is started, and what an error begins with where it cannot be.
_WITHOUT_URL = ("no DATABASE_URL is set", "no database: DATABASE_URL is not set and")
_ASKED = ("as asked for", "it was asked for, but")
_log = logging.getLogger(__name__)


def embedded_data_folder(project: Path) -> Path:
    """Where the embedded server of a project keeps its data."""
    return (project / ".promptlib" / "postgresql").resolve()


def start_embedded(project: Path, *, asked: bool = False) -> dict[str, str]:
    """Start the server if it does not run, make its database if it is not there.

    Args:
        project: the folder of alembic.ini.
        asked: whether it is wanted by name, and not for want of another database.

    Returns:
        libpq's connection parameters.

    Raises:
        MissingExtraError: when the extra is not installed.
        ProgramError: when the server does not start.
        NoConnectionError: when it does not answer.
    """
    folder = embedded_data_folder(project)
    found = _parameters_of_running(folder, DATABASE)
    why, lacking = _ASKED if asked else _WITHOUT_URL
    binaries = None if found else server_binaries(lacking)
    word = "using" if found else "starting"
    _log.info("%s the embedded PostgreSQL in %s (%s)", word, display_path(folder), why)
    if binaries:
        with _errors_explained("start", folder):
            _start(folder, binaries)
            found = _parameters_of_running(folder, DATABASE)
    if not found:
        raise NoConnectionError("the embedded PostgreSQL does not answer", SET_URL)
    return found


def stop_embedded(project: Path) -> bool:
    """Stop the server.

    Args:
        project: the folder of alembic.ini.

    Returns:
        False if it did not run.

    Raises:
        MissingExtraError: when the extra is not installed any more.
        ProgramError: when the server goes on.
    """
    folder = embedded_data_folder(project)
    found = _parameters_of_running(folder, _SUPERUSER)
    if not found:
        return False
    binaries = server_binaries("the embedded PostgreSQL runs, but")
    with _errors_explained("stop", folder):
        run_server_program(binaries / "pg_ctl", "-w", "-m", "fast", "-D", str(folder), "stop")
        if Path(found["host"]) != folder:
            Path(found["host"]).rmdir()
    return True


def _parameters_of_running(folder: Path, database: str) -> dict[str, str] | None:
    """The parameters of a connection to the server that runs on this data; None if none does."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        home, port, sockets = Path(lines[1]), lines[3], str(folder / lines[4])
        if home.exists() and not home.samefile(folder):
            return None  # copied with the data from where the server runs
        found = {"host": sockets, "port": port, "user": _SUPERUSER, "dbname": database}
        psycopg2.connect(make_dsn(**found)).close()
    except (OSError, IndexError, UnicodeError, psycopg2.OperationalError):
        return None
    return found


def _start(folder: Path, binaries: Path) -> None:
    """Start the server, unless another process just did."""
    import fcntl  # Windows has none, and no embedded server

    folder.parent.mkdir(exist_ok=True)
    (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _parameters_of_running(folder, _SUPERUSER):
            open_to_server_owner(binaries, folder)
            if not (folder / "PG_VERSION").exists():
                _initialize(folder, binaries)
            _forget_killed(folder)
            options = shlex.join(["-h", "", "-k", _socket_folder(folder)])
            arguments = ("-w", "-t", "300", "-D", str(folder), "-l", str(folder / "log"))
            run_server_program(binaries / "pg_ctl", *arguments, "-o", options, "start")
        if not _parameters_of_running(folder, DATABASE):
            _make_database(folder)


def _initialize(folder: Path, binaries: Path) -> None:
    """Make the data folder, under its name only once it is whole."""
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give_to_server_owner(unfinished)
    arguments = ("--auth=trust", "--encoding=UTF8", *_LOCALE, "-U", _SUPERUSER)
    run_server_program(binaries / "initdb", *arguments, "-D", str(unfinished))
    unfinished.rename(folder)


def _make_database(folder: Path) -> None:
    if parameters := _parameters_of_running(folder, _SUPERUSER):
        with contextlib.closing(psycopg2.connect(make_dsn(**parameters))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f'CREATE DATABASE "{DATABASE}"')


def _forget_killed(folder: Path) -> None:
    """Remove what a killed server left: its number may be another process's by now.

    PostgreSQL would take that process for a server and refuse to start.
    """
    import psutil  # comes with the wheel

    sockets = [*folder.glob(".s.PGSQL.*")]
    with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
        number = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        try:
            alive = Path(psutil.Process(number).cwd()).samefile(folder)
        except psutil.AccessDenied:
            alive = True
        if alive:
            return
    # The number says nothing about a server in another container, but its socket does.
    if not any(map(_accepts, sockets)):
        for left in (folder / "postmaster.pid", *sockets):
            left.unlink(missing_ok=True)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _socket_folder(folder: Path) -> str:
    """Where the server shall put its socket: its data folder, unless libpq cannot take the name."""
    name = os.fsencode(folder / ".s.PGSQL.65535")
    if len(name) <= _LONGEST_SOCKET and b"," not in name:  # a comma parts hosts
        return "."  # the server's working directory: nothing to quote
    made = Path(tempfile.mkdtemp(prefix="promptlib-"))
    give_to_server_owner(made)
    return str(made)


@contextlib.contextmanager
def _errors_explained(verb: str, folder: Path) -> Iterator[None]:
    """Turn whatever keeps the server from starting or stopping into one of our errors."""
    what = f"the embedded PostgreSQL does not {verb}"
    try:
        yield
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().partition("\n")[0]
        raise ProgramError(
            f"{what}: {said}", f"look at {display_path(folder / 'log')}, or {SET_URL}"
        ) from error
    except OSError as error:
        place = display_path(Path(error.filename)) if error.filename else ""
        raise ProgramError(
            f"{what}: {error.strerror}",
            f"make the folder writable, or {SET_URL}",
            place=place,
        ) from error
