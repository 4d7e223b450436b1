"""Alembic's steps on a database, with what Alembic does not know of: late ones, cut-off ones."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from alembic.util import CommandError

from promptlib.alembic_bridge.version_table import VersionTable, move_of_step
from promptlib.core.durations import display_duration
from promptlib.core.errors import PromptlibError, display_path
from promptlib.ledger.tables import DOWN, UP
from promptlib.plan.states import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.runtime.migration import MigrationContext

    from promptlib.alembic_bridge.revisions import SqlScriptDirectory
    from promptlib.engine.deploy import Deploy
    from promptlib.engine.runner import Step
    from promptlib.ledger.state import HalfDone
    from promptlib.plan.states import Entry

_log = logging.getLogger(__name__)


class Running:
    """The steps of a deploy on a database.

    Args:
        script: the migrations.
        context: Alembic's, which begins and ends the transactions.
        deploy: what runs the sections.
        plan: where each migration stands.
    """

    def __init__(
        self,
        script: SqlScriptDirectory,
        context: MigrationContext,
        deploy: Deploy,
        plan: list[Entry],
    ) -> None:
        self.script, self.context, self.deploy, self.plan = script, context, deploy, plan
        self.count = self.number = self.done = 0
        self.versions = VersionTable(context)
        self._alembics: RevisionStep | None = None  # one that writes the version
        self._step: Step | None = None
        self._passed_over = False
        script.perform, script.place = self.perform, self.place

    def planned(self, steps: list[Any]) -> Iterator[Any]:
        """Yield Alembic's steps, with those before them that Alembic does not know of.

        What stands behind a `yield` happens when Alembic is done with the step.

        Args:
            steps: Alembic's.

        Raises:
            PromptlibError: when a section that was cut off is in the way.
        """
        if self.script.asked == "stamp":
            yield from self._stamped(steps)
            return
        # As in a caller's transaction: Alembic begins and commits none.
        self.context._in_external_transaction = True
        first, steps = self._ordered(steps)
        self.count = len(first) + len(steps)
        for version, direction in first:
            self.perform(version, direction)
        for self._alembics in steps:
            yield self._alembics
            if self._passed_over:  # so Alembic itself has written the version
                self.deploy.commit()

    def _stamped(self, steps: list[Any]) -> Iterator[Any]:
        """Steps that run nothing; the ledger is written in their transaction."""

        def declare(heads: Iterable[str], **_: object) -> None:
            self.declare(max(heads, default=""))

        self.context.on_version_apply_callbacks = (declare,)
        if not steps:
            with self.context.begin_transaction(_per_migration=True):
                declare(self.context.get_current_heads())
        yield from steps

    def _ordered(self, steps: list[Any]) -> tuple[list[tuple[str, str]], list[Any]]:
        """What runs before Alembic's steps, by version and direction, and these themselves."""
        half = self.deploy.sections.half_done()
        if self.script.asked == "downgrade":
            return self._backwards(half, steps)
        late = [each.version for each in self.plan if each.state is State.LATE]
        if self.script.bound:
            late = [version for version in late if version <= self.script.bound]
        late = late if self.deploy.settings.applies_late else []
        if half and half.version in (*self.deploy.sections.ledger.rows, *late):
            late = [half.version, *(each for each in late if each != half.version)]
        elif half:
            self._require_alone(half, steps, late)
            late = []
        return [(version, UP) for version in late], steps

    def _require_alone(self, half: HalfDone, steps: list[Any], late: list[str]) -> None:
        """Refuse what would run before a section that was cut off, or late ones behind it."""
        asked = [step.revision.revision for step in steps]
        before = asked[: asked.index(half.version)] if half.version in asked else []
        if asked[:1] == [half.version] and not (late and asked[1:]):
            return
        way = f"rename {', '.join(before)} to newer versions, then " if before else ""
        way += "" if half.version in self.deploy.sections.migrations else "restore its file, then "
        option = "-x late=apply " if late else ""
        raise PromptlibError(
            f"the {half.direction.upper()} section of {half.version} was cut off after statement "
            f"{half.done}, so nothing else runs before it is whole",
            f"{way}finish it: alembic {option}upgrade {half.version}; or undo it: "
            "alembic downgrade -1",
        )

    def _backwards(
        self, half: HalfDone | None, steps: list[Any]
    ) -> tuple[list[tuple[str, str]], list[Any]]:
        """What a downgrade does: first it undoes what was cut off before it took effect whole."""
        first = []
        if half and half.version not in self.deploy.sections.ledger.rows:
            first = [(half.version, DOWN)]
        return first, [*steps, *self._below(steps)]

    def _below(self, steps: list[Any]) -> Iterator[Any]:
        """Further steps down to a migration that did run: alembic_version names no other."""
        below = steps[-1].revision.down_revision if steps else None
        while below and below not in self.deploy.sections.ledger.rows:
            script = self.script.get_revision(below)
            yield RevisionStep(self.script.revision_map, script, is_upgrade=False)
            below = script.down_revision if script else None

    def perform(self, version: str, direction: str) -> None:
        """Run a migration's section, and write the version if this is a step of Alembic's."""
        self.number += 1
        position = f"{self.number:>{len(str(self.count))}}/{self.count}"
        step = self._step = self._chosen(version, direction)
        self._passed_over = step is None
        if step is None:
            _log.info("%s  %s never ran here: passed over", position, version)
            return
        title = f"{position}  {_titled(step)}"
        moves = move_of_step(self._alembics) if self._alembics else None
        if step.section.transactional:
            self.deploy.run(step, title, moves)
        else:
            self._require_ours(step)
            self.deploy.run_outside(step, title, moves)
        if moves:
            self.versions.written()
        self._step = None
        self.done += 1
        _log.info("%s  %s", title, display_duration(self.deploy.seconds))

    def _chosen(self, version: str, direction: str) -> Step | None:
        sections = self.deploy.sections
        return sections.up(version) if direction == UP else sections.down(version)

    def _require_ours(self, step: Step) -> None:
        """Refuse a section outside a transaction where a caller's is open."""
        if self.deploy.external:
            raise CommandError(
                f"{display_path(step.path)}: transaction:false needs a connection without an open "
                "transaction; pass an engine, or a connection that has begun nothing"
            )

    def place(self) -> str:
        """The path of the migration that runs, or nothing."""
        return display_path(self._step.path) if self._step else ""

    def declare(self, version: str) -> None:
        """Put the ledger where somebody says that the database stands."""
        deploy, found = self.deploy, self.deploy.sections.ledger
        rows, migrations = found.rows, deploy.sections.migrations
        ours = {each for each, row in rows.items() if not row.is_foreign}
        new = [each for each in migrations if each <= version and each not in ours]
        # The predecessor's rows are foreign too, but their migrations are ours.
        old = [each for each in rows if each > version and each in {*ours, *migrations}]
        tables, sql = deploy.tables, []
        if new:
            sql.append(tables.took_over([migrations[each] for each in new], "stamped"))
        if old:
            sql.append(tables.forgotten(old, "stamped"))
        sql += [
            tables.declared(each.version, UP if each.version <= version else DOWN, "stamped")
            for each in found.half_done
            if each.version not in (*new, *old)
        ]
        with deploy.connection.cursor() as cursor:
            for each in sql:
                cursor.execute(each)
        for names, what in ((new, "is taken for executed"), (old, "is taken for pending")):
            for each in names:
                _log.info("%s %s", each, what)


def _titled(step: Step) -> str:
    word = "upgrade  " if step.direction == UP else "downgrade"
    return f"{word} {step.version}  {step.path.stem.partition('_')[2].replace('_', ' ')}"
