"""What UP makes or renames, and DOWN leaves behind: `down_coverage` says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.lint.down_coverage import objects_left_by_down
from promptlib.lint.migration_text import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.lint.migration_text import MigrationText


def find_objects_left_by_down(text: MigrationText) -> Iterator[Complaint]:
    """Yield what UP makes or renames, and DOWN neither drops nor renames back."""
    for made in objects_left_by_down(text):
        what, remedy = (
            (f"DOWN does not give {made.object} its old name back", "rename it in DOWN")
            if made.before
            else (f"DOWN leaves {made.object} behind", "drop it in DOWN")
        )
        yield Complaint(made.object.offset, what, remedy)
