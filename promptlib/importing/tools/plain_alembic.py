"""Plain Alembic: `versions/1975ea83b712_name.py`, rendered as `alembic upgrade --sql` does.

Its table `alembic_version` keeps the newest revision, of each branch.
"""

from __future__ import annotations

from functools import partial

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import (
    Collector,
    SourceLine,
    SourceMigration,
    SourceSection,
)
from promptlib.importing.versions import version_of_moment, version_of_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from promptlib.alembic_bridge.rendering import RevisionSource
    from promptlib.importing.source import SourceFolder


def read_folder(folder: Path) -> SourceFolder:
    """Read the revisions of a project: in the folder of its alembic.ini, or of its env.py."""
    from promptlib.alembic_bridge.rendering import plain_revisions  # noqa: PLC0415 - it takes Alembic

    found = Collector()
    revisions = plain_revisions(folder)
    order = {each.revision: number for number, each in enumerate(revisions)}
    branches = [each.revision for each in revisions if each.is_branched]
    if branches:
        found.notes.append(
            f"the history has branches, behind {', '.join(branches)}; here it is one line, in an "
            "order that each of them allows"
        )
    for each in revisions:
        found.read(partial(_render, each))
    return found.folder(order=lambda each: order[each.tool_versions[0]])


def _render(revision: RevisionSource) -> Iterator[SourceMigration]:
    path = revision.path
    yield SourceMigration(
        (revision.revision,),
        _version(revision),
        revision.title,
        path,
        _section(path, *revision.render("upgrade")),
        _section(path, *revision.render("downgrade")),
    )


def _version(revision: RevisionSource) -> str:
    if revision.revision.isdecimal():
        return version_of_number(revision.revision)
    return version_of_moment(revision.created) if revision.created else ""


def _section(path: Path, sql: str, transactional: bool) -> SourceSection:  # noqa: FBT001
    """What was rendered: it stands nowhere in the file."""
    lines = sql.encode().splitlines(keepends=True)
    return SourceSection(tuple(SourceLine(path, 0, line) for line in lines), transactional)
