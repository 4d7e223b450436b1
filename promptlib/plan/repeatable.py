"""Repeatable files against ledger: where each stands, and behind what it has to run again. Pure."""

from __future__ import annotations

import enum

from promptlib.core.errors import PromptlibError
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from promptlib.files.repeatable import RepeatableFile
    from promptlib.files.section import Section
    from promptlib.ledger.repeatable import RepeatableRow
    from promptlib.plan.reading import MigrationFiles


class RepeatableState(enum.StrEnum):
    """Where a repeatable file stands.

    A pending one never ran here, or what it made was changed or dropped by a migration since; of a
    changed one the text is another than the one that ran; one that is gone ran here and has no
    file.
    """

    EXECUTED = "executed"
    PENDING = "pending"
    CHANGED = "changed"
    GONE = "gone"

    @property
    def is_due(self) -> bool:
        """Whether the next deploy to head runs it."""
        return self in (RepeatableState.PENDING, RepeatableState.CHANGED)


class RepeatableEntry(NamedTuple):
    """Where one repeatable file stands."""

    name: str
    state: RepeatableState


def repeatable_entries(
    files: MigrationFiles, rows: Mapping[str, RepeatableRow]
) -> list[RepeatableEntry]:
    """Where every repeatable file stands, in the order in which they run; those gone come last.

    Those that are to run are parsed; what is wrong with them is added to `files.broken`.

    Args:
        files: of the project.
        rows: the ledger's, by name.
    """
    found = [RepeatableEntry(each.name, _state(each, rows)) for each in files.repeatable]
    for file, entry in zip(files.repeatable, found, strict=True):
        if entry.state.is_due:
            try:
                _ = file.section
            except PromptlibError as error:
                files.broken.append(error)
    gone = sorted({*rows} - {each.name for each in found})
    return [*found, *(RepeatableEntry(name, RepeatableState.GONE) for name in gone)]


def _state(file: RepeatableFile, rows: Mapping[str, RepeatableRow]) -> RepeatableState:
    row = rows.get(file.name)
    if not row:
        return RepeatableState.PENDING
    same = row.checksum == file.checksum
    return RepeatableState.EXECUTED if same else RepeatableState.CHANGED


def outdated_by(
    section: Section, ran: str, files: Sequence[RepeatableFile], rows: Iterable[str]
) -> Iterator[str]:
    """The names of those that ran here and have to run again behind a section.

    Args:
        section: that runs.
        ran: the name of its repeatable file, which is not meant, nor are those before it; empty:
            it is a migration's.
        files: the repeatable ones, in their order.
        rows: the names of those that ran here.
    """
    names = [each.name for each in files]
    first = names.index(ran) + 1 if ran else 0
    there = {*rows}
    for file in files[first:]:
        if file.name in there and (ran in file.after or file.is_outdated_by(section)):
            yield file.name
