"""Which section a deploy runs for a step: its file's, or the one that the ledger keeps."""

from __future__ import annotations

from types import MappingProxyType

from promptlib.core.errors import MissingMigrationError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.runner import Step
from promptlib.ledger.repeatable import repeatable_version
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.repeatable import outdated_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from promptlib.engine.kept_downs import KeptDown
    from promptlib.engine.undoing import Undoing
    from promptlib.files.parser import Migration
    from promptlib.files.repeatable import RepeatableFile
    from promptlib.ledger.state import HalfDone
    from promptlib.plan.status import Status

_NONE: Mapping[str, KeptDown] = MappingProxyType({})


class Sections:
    """The sections of a deploy.

    Args:
        status: the database and the files, compared after the lock was taken.
        kept: the DOWN sections of the ledger's that may run, by version.
    """

    def __init__(self, status: Status, kept: Mapping[str, KeptDown] = _NONE) -> None:
        self._files, self._ledger, self._kept = status.files, status.ledger, kept
        found = status.files.repeatable
        self._repeatable = {repeatable_version(each.name): each for each in found}

    def half_done(self, version: str) -> HalfDone | None:
        """What was cut off of a migration, and must be finished or undone."""
        return next((each for each in self._ledger.half_done if each.version == version), None)

    def is_applied(self, version: str) -> bool:
        """Whether the ledger had a row of a migration when the deploy began."""
        return version in self._ledger.rows

    def undoing(self, step: Step) -> Undoing | None:
        """What a section undoes, where the other one was cut off."""
        half = self.half_done(step.version)
        if not half:
            return None
        # A DOWN of what was never wholly applied stays one, however often it is begun.
        applied = self.is_applied(step.version)
        if half.direction == step.direction and applied == (step.direction == DOWN):
            return None
        from promptlib.engine.undoing import Undoing

        found = self._files.get(step.version)
        other = found and (found.up if step.direction == DOWN else found.down)
        known = half.direction != step.direction and other and half.done <= len(other.statements)
        return Undoing(step.section, other, half.done if known else 0)

    def migration(self, version: str) -> Migration:
        """A migration that has a file."""
        return self._files[version]

    def replaced(self, version: str) -> Collection[str]:
        """The versions of the migrations that one replaces, if it has a file."""
        return self._files.replaced[version].versions if version in self._files.replaced else ()

    def repeatable(self, version: str) -> RepeatableFile | None:
        """The repeatable file that stands behind a version; None: a migration does."""
        return self._repeatable.get(version)

    def outdated_by(self, step: Step) -> Iterator[str]:
        """The names of the repeatable files that ran here and have to run again behind a step."""
        ran = self.repeatable(step.version)
        there, files = self._ledger.repeatable, self._files.repeatable
        return outdated_by(step.section, ran.name if ran else "", files, there)

    def find(self, version: str, direction: str) -> Step:
        """The section of a migration, or a repeatable file.

        Raises:
            MissingMigrationError: when neither a file nor the ledger has it.
        """
        if direction == DOWN and (kept := self._kept.get(version)):
            # Lines are counted from the marker on: in the ledger there is no more of the file.
            return Step(version, DOWN, kept.section, kept.path)
        if repeatable := self.repeatable(version):
            return Step(version, UP, repeatable.section, repeatable.path)
        found = self._files.get(version)
        if found is None:
            raise MissingMigrationError(
                "was cut off halfway, and its file is gone",
                "restore it",
                place=display_path(self._files.path(version, "")),
            )
        return Step(version, direction, found.up if direction == UP else found.down, found.where)
