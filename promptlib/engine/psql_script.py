"""The steps of a deploy as a script for psql: what `--sql` and `--dry-run` write."""

from __future__ import annotations

from dataclasses import dataclass

from promptlib.core.light import TYPE_CHECKING
from promptlib.engine.forgetting import LEFT_IN_SESSION
from promptlib.engine.session_settings import changes_settings, set_statements
from promptlib.files.replaced import read_replaced
from promptlib.ledger.repeatable import outdated_repeatable, ran_repeatable, repeatable_name
from promptlib.ledger.tables import UP, Ran
from promptlib.ledger.trust import trust_guard
from promptlib.plan.repeatable import outdated_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from promptlib.config.settings import Settings
    from promptlib.files.section import Section
    from promptlib.ledger.tables import LedgerSql
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.steps import PlannedStep

_ENCODING = "SET client_encoding = 'UTF8';"  # what is written here, whatever psql would guess
_HEAD = f"-- Run with: psql --set ON_ERROR_STOP=1 --file FILE DATABASE\n\n{_ENCODING}"


@dataclass(frozen=True)
class PsqlScript:
    """Scripts for psql, whose parts stand below each other with a blank line between them.

    Args:
        files: the migrations.
        settings: how sections run.
        sql: what writes the ledger.
        recorded: called for each step before its COMMIT.
    """

    files: MigrationFiles
    settings: Settings
    sql: LedgerSql
    recorded: Callable[[PlannedStep], None] = lambda _: None

    def deploy(self, start: str, steps: Sequence[PlannedStep]) -> Iterator[str]:
        """What runs steps, each of a migration that has a file, from a current revision on."""
        yield from self._begin(start)
        for number, step in enumerate(steps, 1):
            yield from self._repeatable(step) or self._step(step)
            self.recorded(step)
            if number == len(steps):  # a section may have put a trigger on the ledger
                yield from (trust_guard(self.sql), "COMMIT;")
            else:
                yield f"COMMIT;\n{' '.join(LEFT_IN_SESSION)}"

    def stamp(self, start: str, end: str) -> Iterator[str]:
        """What puts the database at a version by word alone, wherever it is."""
        yield from self._begin(start)
        yield f"-- Running stamp_revision {start} -> {end}"
        yield "BEGIN;"
        yield self.sql.moved(end)
        if before := [each for each in self.files if each <= end]:
            yield self.sql.took_over(self.files.parse(before), "stamped", only_new=True)
        yield self.sql.forgotten_after(end, "stamped")
        yield "COMMIT;"

    def _begin(self, start: str) -> Iterator[str]:
        """What makes the tables, and fills a ledger where migrations ran before it."""
        before = [self.files[version] for version in self.files if version <= start]
        yield _HEAD
        yield "BEGIN;"
        if self.settings.version_table_schema:  # where the ledger was found one is there
            yield self.sql.create_schema()
        yield self.sql.create(extend=True)
        yield self.sql.create_version()
        yield trust_guard(self.sql)
        if before:
            yield self.sql.took_over(before, "adopted", if_empty=True)
        yield "COMMIT;"

    def _repeatable(self, step: PlannedStep) -> list[str]:
        """What runs a repeatable file; nothing, where the step is a migration's."""
        name = repeatable_name(step.version)
        if not name:
            return []
        file = next(each for each in self.files.repeatable if each.name == name)
        text = section_script(file.section, self.settings.of_section({}))
        ran = ran_repeatable(self.sql, step.version, file.checksum, Ran())
        return [
            f"-- Running {step.version}",
            "BEGIN;",
            text,
            *self._outdated(file.section, name),
            ran,
        ]

    def _outdated(self, section: Section, name: str = "") -> Iterator[str]:
        """What records which repeatable files have to run again behind a section."""
        files = self.files.repeatable
        names = outdated_by(section, name, files, [each.name for each in files])
        if sql := outdated_repeatable(self.sql, names):
            yield sql

    def _step(self, step: PlannedStep) -> Iterator[str]:
        migration = self.files[step.version]
        section = migration.up if step.direction == UP else migration.down
        text = section_script(section, self.settings.of_section(section.settings))
        yield _title(step, migration.name)
        yield from ["BEGIN;", text] if section.transactional else [text, "BEGIN;"]
        if step.move:
            yield step.move.sql(self.sql.version)
        yield from self._outdated(section)
        if step.direction == UP:
            yield from self.sql.applied(migration)
        else:
            replaced = read_replaced(migration.up.source).versions
            yield from self.sql.taken_back(step.version, replaced=replaced)


def _title(step: PlannedStep, name: str) -> str:
    word = "upgrade" if step.direction == UP else "downgrade"
    if not step.move:
        return f"-- Running {word} of late migration {step.version}"
    return f"-- Running {word} {step.move.before} -> {step.move.now}, {name.replace('_', ' ')}"


def section_script(section: Section, settings: Mapping[str, str]) -> str:
    """The section as written, with its settings before it and none left behind.

    Args:
        section: what psql shall run.
        settings: PostgreSQL settings that hold for this section only.
    """
    before = set_statements(settings, local=section.transactional)
    after = [] if section.transactional else [f"RESET {name};" for name in settings]
    if changes_settings(section):
        after = ["RESET SESSION AUTHORIZATION;", "RESET ROLE;", "RESET ALL;", _ENCODING]
    # A comment may stand behind a last statement that has no semicolon.
    end = [] if section.statements[-1].closed else [";"]
    return "\n".join([*before, section.script, *end, *after])
