"""The next migration's file: its name, and its text where Alembic is not needed to write that."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

from promptlib.core.errors import MigrationFileError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.files.directory import MigrationFile, is_version, migration_path
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEMPLATE = "script.sql.mako"
DEFAULT_TEXT = "-- UP\n\n\n-- DOWN\n\n"  # of a project that has no template
# What makes a template more than plain text.
_MAKO = lazy_pattern(r"\$\{|<%|</%|^\s*%|^\s*##|\\\n", re.MULTILINE)
_LONGEST_SLUG = 60
_AS_VERSION = "%Y%m%d%H%M%S"


def name_next_migration(
    folder: Path, title: str, *, after: Iterable[MigrationFile], version: str = ""
) -> MigrationFile:
    """Name the next migration: by the time in UTC, but later than every file there.

    Args:
        folder: where it will be.
        title: what it does, in the author's words.
        after: the migrations that exist.
        version: 14 digits, to use instead of the time.

    Raises:
        MigrationFileError: for a title without a letter or digit of ASCII, and for a version
            that is not a time or not later than every file.
    """
    newest = max((file.version for file in after), default="")
    if version and (not is_version(version) or version <= newest):
        raise MigrationFileError(
            f"{version} cannot be the next version",
            f"give 14 digits of a date and time later than {newest or 'none'}",
        )
    version = version or _version_behind(newest)
    name = slug_of(title)
    if not name:
        raise MigrationFileError(
            f"no name can be made of {title!r}", "describe the migration in letters a-z or digits"
        )
    return MigrationFile(version, name, str(migration_path(folder, version, name)))


def _version_behind(newest: str) -> str:
    """The time now as a version, or the second behind the newest one if that is later."""
    version = datetime.now(UTC).strftime(_AS_VERSION)
    if version > newest:
        return version
    latest = datetime.strptime(newest, _AS_VERSION).replace(tzinfo=UTC)
    try:
        return (latest + timedelta(seconds=1)).strftime(_AS_VERSION)
    except OverflowError:
        raise MigrationFileError(
            f"no version is later than {newest}", "rename that migration if it ran nowhere yet"
        ) from None


def slug_of(title: str) -> str:
    """A title in a-z, 0-9 and _; nothing, where it has no letter or digit of ASCII."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "_", plain)[:_LONGEST_SLUG].strip("_")


def template_needs_alembic(scripts: str, *, hooks: bool) -> bool:
    """Whether a new file takes more than to copy the template.

    Args:
        scripts: the folder of the template, as the configuration has it, or nothing.
        hooks: whether something is to run when the file was written.
    """
    text = _read_template(scripts)
    return hooks or text is None or bool(_MAKO.search(text))


def copy_template(scripts: str, file: MigrationFile) -> Path:
    """Write a new migration's file from a template that `template_needs_alembic` says no to.

    Raises:
        MigrationFileError: when it cannot be written.
    """
    with (
        write_errors_explained(file.path),
        file.path.open("x", encoding="utf-8", newline="\n") as made,
    ):
        made.write(_read_template(scripts) or "")
    return file.path


def _read_template(scripts: str) -> str | None:
    """The template, if it can be found without Alembic, which knows folders of packages too."""
    if not scripts:
        return DEFAULT_TEXT
    try:
        return Path(scripts, TEMPLATE).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None if ":" in scripts else DEFAULT_TEXT
    except (OSError, UnicodeError):
        return None


@contextlib.contextmanager
def write_errors_explained(path: Path) -> Iterator[None]:
    """Say what to do when a migration's file cannot be written."""
    try:
        yield
    except OSError as error:
        raise MigrationFileError(
            f"cannot be written: {error.strerror}",
            "make the folder writable",
            place=display_path(path),
        ) from error
