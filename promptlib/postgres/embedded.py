"""The embedded PostgreSQL of the extra `embedded`: a server of one's own below .promptlib/.

A running server is found by its postmaster.pid; the wheel is imported only to start or stop one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.core.errors import NoConnectionError, ProgramError, display_path
from promptlib.core.logs import Log, hold_back
from promptlib.postgres.driver import psycopg2
from promptlib.postgres.embedded_place import (
    SYSTEM_USER,
    Place,
    find_place,
    first_closed,
    is_root,
    make_own_folder,
    reachable_programs,
    require_own_data,
)
from promptlib.postgres.programs import (
    SERVER_VERSION,
    SET_URL,
    give_to_server_owner,
    run_server_program,
    server_binaries,
    server_owner,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "promptlib"
_SUPERUSER = "postgres"
_LOCK = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
_PROGRAMS = ("initdb", "pg_ctl")
_LONGEST_SOCKET = 103  # bytes; macOS allows the fewest
_OF_SOCKET = len("/promptlib-12345678/.s.PGSQL.65535")
_TRUSTED_HOST = re.compile(r"^(host\w*\s.*\s)trust[ \t]*$", re.MULTILINE)
_REMEDIES = {
    errno.ENOSPC: "free disk space",
    errno.EEXIST: "move what is there out of the way",
    errno.ENOTEMPTY: "move what is there out of the way",
    errno.ELOOP: "remove the link",
    errno.ENOTDIR: "move what is there out of the way",
}
# Letters of every language, and the same order on every machine.
_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
# Why it is started, and what an error begins with where it cannot be.
_WITHOUT_URL = ("no DATABASE_URL is set", "no database: DATABASE_URL is not set and")
_ASKED = ("as asked for", "it was asked for, but")
_log = Log(__name__)


def start_embedded(project: Path, *, asked: bool = False) -> dict[str, str]:
    """Start the server if it does not run, make its database if it is not there.

    Args:
        project: the folder of alembic.ini.
        asked: whether it is wanted by name, and not for want of another database.

    Returns:
        libpq's connection parameters.

    Raises:
        MissingExtraError: when the extra is not installed.
        ProgramError: when the server does not start, or its data is no such server's.
        NoConnectionError: when it does not answer.
    """
    place = find_place(project)
    folder = place.data
    found = _parameters_of_running(folder, DATABASE)
    why, lacking = _ASKED if asked else _WITHOUT_URL
    binaries = None if found else server_binaries(lacking)
    word = "using" if found else "starting"
    shown = display_path(folder)
    told = f"{word} the embedded PostgreSQL in {shown} ({why}{_why_away(place)})"
    (hold_back if found else _log.info)(told)
    if binaries:
        with errors_explained("start", folder):
            uid = (server_owner() or (os.geteuid(), 0))[0]
            require_own_data(place, project, uid, SERVER_VERSION)
            _start(folder, reachable_programs(binaries))
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
    folder = find_place(project).data
    found = _parameters_of_running(folder, _SUPERUSER)
    if not found:
        return False
    binaries = server_binaries("the embedded PostgreSQL runs, but")
    with errors_explained("stop", folder):
        programs = reachable_programs(binaries)
        run_server_program(programs / "pg_ctl", "-w", "-m", "fast", "-D", str(folder), "stop")
        if Path(found["host"]) != folder:
            Path(found["host"]).rmdir()
    return True


def _why_away(place: Place) -> str:
    if not place.is_away:
        return ""
    closed = f"may not enter {place.closed}" if place.closed else "has its data there"
    return f"; {SYSTEM_USER}, whom it runs as, {closed}"


def _parameters_of_running(folder: Path, database: str) -> dict[str, str] | None:
    """The parameters of a connection to the server that runs on this data; None if none does."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        home, port, sockets = Path(lines[1]), lines[3], str(folder / lines[4])
        if home.exists() and not home.samefile(folder):
            return None  # copied with the data from where the server runs
        found = {"host": sockets, "port": port, "user": _SUPERUSER, "dbname": database}
        psycopg2.connect(psycopg2.extensions.make_dsn(**found)).close()
    except (OSError, IndexError, UnicodeError, psycopg2.OperationalError):
        return None
    return found


def _start(folder: Path, binaries: Path) -> None:
    """Start the server, unless another process just did."""
    import fcntl  # Windows has none, and no embedded server

    make_own_folder(folder.parent)
    with contextlib.suppress(FileExistsError), (folder.parent / ".gitignore").open("x") as ignored:
        ignored.write("*\n")
    with os.fdopen(os.open(folder.parent / "lock", _LOCK, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _parameters_of_running(folder, _SUPERUSER):
            if not (folder / "PG_VERSION").exists():
                _initialize(folder, binaries)
            _forget_killed(folder)
            _close_to_hosts(folder)
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
    # Who may enter the folder of the socket is trusted: its owner, and root.
    arguments = (
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        *_LOCALE,
        "-U",
        _SUPERUSER,
    )
    try:
        run_server_program(binaries / "initdb", *arguments, "-D", str(unfinished))
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)  # the disk may be full
        raise
    unfinished.rename(folder)


def _close_to_hosts(folder: Path) -> None:
    """Trust no host: earlier versions of ours made pg_hba.conf so."""
    path = folder / "pg_hba.conf"
    text = path.read_text(encoding="utf-8")
    closed = _TRUSTED_HOST.sub(r"\1reject", text)
    if closed != text:
        # It may be another user's: what stands behind a link of his is not ours to write.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "w") as file:
            file.write(closed)


def _make_database(folder: Path) -> None:
    if parameters := _parameters_of_running(folder, _SUPERUSER):
        with contextlib.closing(
            psycopg2.connect(psycopg2.extensions.make_dsn(**parameters))
        ) as connection:
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
    made = Path(tempfile.mkdtemp(prefix="promptlib-", dir=_short_folder()))
    give_to_server_owner(made)
    return str(made)


def _short_folder() -> str | None:
    """Where a folder for the socket may be made: the usual one, or where names are short."""
    usual = Path(tempfile.gettempdir())
    is_short = len(os.fsencode(usual)) + _OF_SOCKET <= _LONGEST_SOCKET
    if is_short and not (is_root() and first_closed(usual)):
        return None
    return "/tmp"  # noqa: S108 - a folder of our own is made in it


@contextlib.contextmanager
def errors_explained(verb: str, folder: Path) -> Iterator[None]:
    """Turn whatever keeps the server from starting or stopping into one of our errors."""
    what = f"the embedded PostgreSQL does not {verb}"
    try:
        yield
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout).strip().splitlines()
        said = next((each for each in lines if "error:" in each), lines[0] if lines else "")
        log = folder / "log"
        remedy = f"look at {display_path(log)}, or {SET_URL}" if log.exists() else SET_URL
        raise ProgramError(f"{what}: {said}", remedy) from error
    except OSError as error:
        path = Path(os.fsdecode(error.filename or ""))
        remedy = _REMEDIES.get(error.errno or 0, "make the folder writable")
        if path.name == "useradd":
            remedy = f"make the system's user {SYSTEM_USER}"
        elif path.name in _PROGRAMS and error.errno == errno.EACCES:
            remedy = "let programs be run there: the file system may be mounted noexec"
        raise ProgramError(
            f"{what}: {error.strerror}",
            f"{remedy}, or {SET_URL}",
            place=display_path(path) if error.filename else "",
        ) from error
