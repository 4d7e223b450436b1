"""What migrations do to a database, tried in scratch databases: do they run, are they the model?

Do they make what the schema's file says?

Whether DOWN undoes UP is left to verify; here its findings are violations like all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.cli.commands.verify import ROWS
from promptlib.cli.schema_check import check_made
from promptlib.core.errors import FindingError, PromptlibError
from promptlib.core.events import ignore
from promptlib.core.logs import progress_hushed
from promptlib.engine.migrator import CommandMigrator
from promptlib.lint.violations import Violation, violation_of_error
from promptlib.schema_dump.counted_catalog import read_counted
from promptlib.verify.prover import prove_migrations
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.config.project import Project
    from promptlib.verify.place import ScratchPlace
    from promptlib.verify.prover import ToProve


def check_model(
    project: Project,
    place: ScratchPlace,
    work: ToProve,
) -> Iterator[Violation]:
    """Yield what only a database can tell.

    Args:
        project: whose migrations and model.
        place: where to try them.
        work: what is to be proven.

    Raises:
        PromptlibError: when there can be no scratch database.
    """
    try:
        yield from _of_model(project, place)
    except PromptlibError as error:
        yield violation_of_error(error, "upgrade")
        return
    proven = prove_migrations(place, work, project.settings, ROWS)
    for finding in proven.findings:
        told = FindingError(finding.what, place=finding.place, notes=finding.diff)
        yield violation_of_error(told, "verify")


def _of_model(project: Project, place: ScratchPlace) -> Iterator[Violation]:
    """What `alembic check` says, once all migrations have run."""
    from promptlib.alembic_bridge.commands import Alembic  # which takes its time

    with open_scratch_databases(place) as scratch:
        made = scratch.create()
        quiet = project._replace(settings=project.settings._replace(schema_file=""))
        with CommandMigrator(quiet, ignore, made) as migrator:
            migrator.migrate()
        with progress_hushed():
            alembic = Alembic(project, made)
            differences = alembic.differences() if alembic.has_model() else []
        for difference in differences:
            yield Violation(
                Path(project.scripts, "env.py"),
                1,
                1,
                "model",
                f"to make the database what the model says, alembic would {difference}",
                "write that as a migration, or mend the model",
            )
        if file := project.settings.schema_file:
            expected = read_counted(made)
            scratch.drop(made)
            yield from check_made(Path(file), expected, scratch.create())
