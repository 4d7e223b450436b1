"""The steps of a deploy as a script for psql: what `--sql` and `--dry-run` write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.engine.session_settings import changes_settings, set_statements
from promptlib.ledger.tables import UP, LedgerSql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from promptlib.config.settings import Settings
    from promptlib.files.section import Section
    from promptlib.plan.reading import MigrationFiles
    from promptlib.plan.steps import PlannedStep

_ENCODING = "SET client_encoding = 'UTF8';"  # what is written here, whatever psql would guess
_HEAD = f"-- Run with: psql --set ON_ERROR_STOP=1 --file FILE DATABASE\n\n{_ENCODING}"


def write_script(
    files: MigrationFiles, steps: Iterable[PlannedStep], start: str, settings: Settings, schema: str
) -> Iterator[str]:
    """The parts of the script, to stand below each other with a blank line between them.

    Args:
        files: the migrations.
        steps: what runs; each migration of them has a file.
        start: the current revision before, or nothing.
        settings: how sections run.
        schema: where the ledger is; empty: wherever the search_path of psql leads.
    """
    sql = LedgerSql(schema)
    yield from _begin(files, start, sql)
    for step in steps:
        yield from _step(files, step, sql, settings)


def write_stamp_script(files: MigrationFiles, start: str, end: str, schema: str) -> Iterator[str]:
    """The parts of a script that puts the database from one version to another by word alone."""
    sql = LedgerSql(schema)
    yield from _begin(files, start, sql)
    between = [each for each in files if min(start, end) < each <= max(start, end)]
    yield f"-- Running stamp_revision {start} -> {end}"
    yield "BEGIN;"
    yield sql.moved(end)
    if between and start < end:
        yield sql.took_over(files.parse(between), "stamped")
    elif between:
        yield sql.forgotten(between, "stamped")
    yield "COMMIT;"


def _begin(files: MigrationFiles, start: str, sql: LedgerSql) -> Iterator[str]:
    """What makes the tables, and fills a ledger where migrations ran before it."""
    before = [files[version] for version in files if version <= start]
    yield _HEAD
    yield "BEGIN;"
    yield sql.create(extend=True)
    yield sql.create_version()
    if before:
        yield sql.took_over(before, "adopted", if_empty=True)
    yield "COMMIT;"


def _step(
    files: MigrationFiles, step: PlannedStep, sql: LedgerSql, settings: Settings
) -> Iterator[str]:
    migration = files[step.version]
    section = migration.up if step.direction == UP else migration.down
    text = section_script(section, settings.of_section(section.settings))
    yield _title(step, migration.name)
    yield from ["BEGIN;", text] if section.transactional else [text, "BEGIN;"]
    if step.move:
        yield step.move.sql(sql.version)
    yield sql.applied(migration) if step.direction == UP else sql.taken_back(step.version)
    yield "COMMIT;"


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
    return "\n".join([*before, section.text, *end, *after])
