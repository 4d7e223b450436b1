"""What an import finds, what it would write, and what it cannot convert."""

from __future__ import annotations

from promptlib.core.errors import MigrationFileError, combine_errors, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.importing.comparison import PlannedImport


def explain_import(planned: PlannedImport) -> Iterator[str]:
    """Yield what an import finds and would write."""
    made = sorted([*planned.new, *planned.there], key=lambda each: each.file.where)
    names = [printable_line(each.source.path.name) for each in made]
    width = max(map(len, names), default=0)
    yield f"found in {display_path(planned.folder)}, of {planned.tool}"
    for name, each in zip(names, made, strict=True):
        there = "" if each in planned.new else "  is there already"
        yield f"  {name:{width}}  {display_path(each.file.path)}{there}"
    if planned.notes:
        yield "to know"
        yield from (f"  {note}" for note in planned.notes)


def what_next(tool: str) -> str:
    """What to do with migrations that were converted; nothing shall run twice."""
    return f"promptlib migrate; first promptlib adopt, where {tool} has run them already"


def require_convertible(planned: PlannedImport, *, partial: bool) -> None:
    """Let a part of a folder be imported only where that is what somebody wants.

    Raises:
        MigrationFileError: naming all that cannot be converted.
    """
    if planned.problems and not partial:
        remedy = f"say --partial to write the other {len(planned.new)}" if planned.new else ""
        last = MigrationFileError("so nothing was written", remedy)
        raise combine_errors([*planned.problems, last])
