"""Several files that are written together: all of them, or none."""

from __future__ import annotations

import contextlib
import os

from promptlib.core.errors import ChangedMeanwhileError, ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_FOR_ALL, _FOR_OWNER = 0o666, 0o600  # the umask takes from it


class FileChange(NamedTuple):
    """A file to write.

    Attributes:
        path: where.
        after: what it shall hold.
        before: what it holds; None: it is not there yet.
        is_secret: whether nobody but its owner may read it.
    """

    path: Path
    after: bytes
    before: bytes | None = None
    is_secret: bool = False


def write_together(changes: Iterable[FileChange]) -> None:
    """Write some files and the folders that they need. Where one cannot be, none stays.

    Raises:
        ConfigurationError: naming the file that cannot be written.
        ChangedMeanwhileError: when a file is not as it was any more.
    """
    with contextlib.ExitStack() as undo:
        for change in changes:
            try:
                _make_folders(change.path.parent, undo)
                _write(change, undo)
            except FileExistsError:
                raise _changed(change.path) from None
            except OSError as error:
                raise ConfigurationError(
                    f"cannot be written, so nothing was: {error.strerror}",
                    "make the folder writable, or name another",
                    place=display_path(change.path),
                ) from error
        undo.pop_all()


def _changed(path: Path) -> ChangedMeanwhileError:
    what = "was changed meanwhile by somebody else, so nothing was written"
    return ChangedMeanwhileError(what, "look at it, and try again", place=display_path(path))


def _make_folders(folder: Path, undo: contextlib.ExitStack) -> None:
    if folder.is_dir():
        return
    _make_folders(folder.parent, undo)
    try:
        folder.mkdir()
    except FileExistsError:
        raise NotADirectoryError(0, "a folder of its path is a file") from None
    undo.callback(_remove_empty, folder)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else has put something there
        folder.rmdir()


def _write(change: FileChange, undo: contextlib.ExitStack) -> None:
    if change.before is not None:
        _rewrite(change, change.before, undo)
        return
    mode = _FOR_OWNER if change.is_secret else _FOR_ALL
    number = os.open(change.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    undo.callback(change.path.unlink, missing_ok=True)
    with os.fdopen(number, "wb") as file:
        file.write(change.after)


def _rewrite(change: FileChange, before: bytes, undo: contextlib.ExitStack) -> None:
    """Write into a file that is there, so that it keeps its owner, its rights and its links."""
    with change.path.open("r+b") as file:
        if file.read() != before:
            raise _changed(change.path)
        undo.callback(change.path.write_bytes, before)
        file.seek(0)
        file.write(change.after)
        file.truncate()
