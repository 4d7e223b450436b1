"""Alembic's steps as a script for psql: what `alembic upgrade --sql` writes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from promptlib.engine.psql_script import section_script
from promptlib.ledger.tables import UP, LedgerSql

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationInfo

    from promptlib.alembic_bridge.revisions import SqlScriptDirectory
    from promptlib.config.settings import Settings


class Writing:
    """The steps as a script for psql.

    Args:
        script: the migrations.
        context: Alembic's, in offline mode.
        settings: how sections run.
    """

    def __init__(
        self, script: SqlScriptDirectory, context: MigrationContext, settings: Settings
    ) -> None:
        self.script, self.context, self.settings = script, context, settings
        self.tables = LedgerSql(settings.version_table_schema)
        self._performed = ("", "")
        script.perform = self.perform

    def begin(self) -> None:
        """Write what makes the ledger, and fills one of a database that had none."""
        start = max(self.context.get_current_heads(), default="")
        before = [each for version, each in self.script.migrations.items() if version <= start]
        fill = self.tables.took_over(before, "adopted", if_empty=True) if before else ""
        head = self.tables.create(extend=True)
        self.context.impl.static_output(f"BEGIN;\n\n{head}\n\n{fill}\n\nCOMMIT;\n")

    def perform(self, version: str, direction: str) -> None:
        """Write a migration's section."""
        found = self.script.migrations[version]
        section = found.up if direction == UP else found.down
        settings = self.settings.of_section(section.settings)
        inside = contextlib.nullcontext()
        with inside if section.transactional else self.context.autocommit_block():
            self.context.impl.static_output(section_script(section, settings))
        self._performed = version, direction

    def applied(self, step: MigrationInfo) -> None:
        """Write what the ledger remembers of a step."""
        if step.is_stamp:
            sql = self._declared(step)
        else:
            version, direction = self._performed
            found = self.script.migrations[version]
            sql = self.tables.applied(found) if direction == UP else self.tables.taken_back(version)
        self.context.impl.static_output(sql)

    def _declared(self, step: MigrationInfo) -> str:
        start, end = (
            max(versions, default="")
            for versions in (step.source_revision_ids, step.destination_revision_ids)
        )
        between = [
            each
            for version, each in self.script.migrations.items()
            if min(start, end) < version <= max(start, end)
        ]
        if start < end:
            return self.tables.took_over(between, "stamped")
        return self.tables.forgotten([each.version for each in between], "stamped")
