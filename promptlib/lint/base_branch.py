"""What keeps a branch from being merged: its versions, and what it does to merged migrations.

What was merged is judged by the newest commit that the branch has in common with its base: what the
base did since then is not the branch's doing. The order of versions is judged by the base as it is
now: that is where the branch's migrations will stand.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import MigrationFileError, display_path
from promptlib.files.directory import file_from_name
from promptlib.files.new_file import name_next_migration
from promptlib.files.replaced import read_replaced
from promptlib.lint.git import git_identity, open_base
from promptlib.lint.violations import Violation
from promptlib.syntax.statements import line_and_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from promptlib.files.directory import MigrationFile
    from promptlib.files.replaced import ReplacedMigrations
    from promptlib.files.section import Section
    from promptlib.lint.git import BaseBranch


class BaseComparison(NamedTuple):
    """Migrations beside those of a base.

    Attributes:
        changed: those that the base does not have as they are; without a base all.
        violations: what is wrong with versions, and with what was merged already.
    """

    changed: list[MigrationFile]
    violations: list[Violation]


def compare_with_base(folder: Path, files: Sequence[MigrationFile], base: str) -> BaseComparison:
    """Compare migrations with those of a base.

    Args:
        folder: of the migrations.
        files: all of them.
        base: the branch to merge into; nothing, where files are judged by themselves.

    Raises:
        MigrationFileError: when a file cannot be read.
        PromptlibError: when git cannot tell, as `open_base` says.
    """
    if not base:
        return BaseComparison([*files], [*_future_versions(files)])
    with open_base(folder, base) as opened:
        new = _new_files(opened, files)
        found = [*_future_versions(new), *_changes_to_base(opened, folder, files, new)]
        return BaseComparison([each for each in files if not _is_in_base(each, opened)], found)


def _is_in_base(file: MigrationFile, base: BaseBranch) -> bool:
    """Whether the base has, or had, the file with this very content."""
    known = [side[file.path.name] for side in (base.fork, base.tip) if file.path.name in side]
    return any(git_identity(file.content(), each) == each for each in known)


def _new_files(base: BaseBranch, files: Sequence[MigrationFile]) -> list[MigrationFile]:
    return [each for each in files if each.path.name not in {**base.fork, **base.tip}]


def _future_versions(files: Iterable[MigrationFile]) -> Iterator[Violation]:
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    for file in files:
        if file.version > now:
            what = f"its time is in the future: in UTC it is {now} now"
            yield Violation(file.path, 1, 1, "future", what, "rename it to the time in UTC")


def _changes_to_base(
    base: BaseBranch, folder: Path, files: Sequence[MigrationFile], new: Sequence[MigrationFile]
) -> Iterator[Violation]:
    """What a branch may not do to its base."""
    there, added = {each.path.name: each for each in files}, [*new]
    replaced = [read_replaced(each.content()) for each in files]
    for file in _known_files(folder, base, base.fork.keys() & base.tip.keys()):
        if _is_replaced(file, base, replaced):
            added = [each for each in added if each.version != file.version]
        elif now := there.get(file.path.name):
            yield from _edited_sections(now, base, _restore_remedy(file, base))
        elif successor := _successor(file, added, base):
            added.remove(successor)
            what = f"{base.name} has it as {file.path.name}"
            yield Violation(successor.path, 1, 1, "renamed", what, "give it that name again")
        else:
            what = f"{base.name} has it, and the file is gone"
            yield Violation(file.path, 1, 1, "missing", what, _restore_remedy(file, base))
    yield from _late_versions(folder, added, _known_files(folder, base, base.tip), base.name)


def _is_replaced(
    file: MigrationFile, base: BaseBranch, replaced: Iterable[ReplacedMigrations]
) -> bool:
    """Whether a merged migration has become a part of another one, as it was merged."""
    claimed = {each.single.get(file.version) or each.whole.get(file.version) for each in replaced}
    if claimed <= {None}:
        return False
    before = _up_section(file, base.content(base.fork[file.path.name]))
    return before is not None and before.checksum in claimed


def _known_files(folder: Path, base: BaseBranch, names: Iterable[str]) -> list[MigrationFile]:
    """The migrations among some files, oldest first."""
    found = []
    for name in sorted(names):
        with contextlib.suppress(MigrationFileError):
            found.append(file_from_name(str(folder / base.places[name]), name))
    return found


def _edited_sections(file: MigrationFile, base: BaseBranch, restore: str) -> Iterator[Violation]:
    """Judge as a deploy does: by UP, but for line endings and the blank lines around it."""
    content, merged = file.content(), base.fork[file.path.name]
    if git_identity(content, merged) in (merged, base.tip[file.path.name]):
        return
    before, now = _up_section(file, base.content(merged)), _up_section(file, content)
    if before and now and before.checksum != now.checksum:
        line, _ = line_and_column(now.source, now.start)
        what = f"{base.name} has another UP section"
        yield Violation(file.path, line, 1, "edited", what, f"{restore}, and write a new migration")


def _up_section(file: MigrationFile, content: bytes) -> Section | None:
    """The UP section; None, where the format is broken."""
    with contextlib.suppress(MigrationFileError):
        return file.parse(content).up
    return None


def _restore_remedy(file: MigrationFile, base: BaseBranch) -> str:
    return f"restore it: git checkout {base.name} -- {display_path(file.path)}"


def _successor(
    gone: MigrationFile, new: Iterable[MigrationFile], base: BaseBranch
) -> MigrationFile | None:
    """The new file that is a merged one with another name: of its version, or with its UP."""
    before = _up_section(gone, base.content(base.fork[gone.path.name]))
    for file in new:
        now = _up_section(file, file.content())
        if file.version == gone.version or (before and now and before.checksum == now.checksum):
            return file
    return None


def _late_versions(
    folder: Path, new: Iterable[MigrationFile], theirs: Sequence[MigrationFile], base: str
) -> Iterator[Violation]:
    """The new migrations that would not stand behind all those of the base."""
    taken = [*theirs]
    for file in new:
        newer = [each for each in theirs if each.version >= file.version]
        if newer:
            word = (
                "the same version as"
                if newer[0].version == file.version
                else "an older version than"
            )
            renamed = name_next_migration(folder, file.name, after=taken)
            taken.append(renamed)
            what = f"it has {word} {newer[-1].path.name} of {base}"
            yield Violation(file.path, 1, 1, "late", what, f"rename it to {renamed.path.name}")
