"""What migrations do to a database, tried on the embedded server: do they run, are they the model?

Whether DOWN undoes UP is left to verify; here its findings are violations like all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.alembic_bridge.commands import Alembic
from promptlib.cli.arguments import ROWS
from promptlib.core.errors import PromptlibError, error_chain
from promptlib.core.logs import progress_hushed
from promptlib.lint.violations import Violation, violation_of_error
from promptlib.verify.prover import prove_migrations
from promptlib.verify.scratch import open_scratch_databases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.postgres.target import Target


def check_model(project: Project, migrations: Sequence[Migration]) -> Iterator[Violation]:
    """Yield what only a database can tell.

    Args:
        project: whose migrations and model.
        migrations: all of them, in order.

    Raises:
        PromptlibError: when the embedded server is not installed or does not start.
    """
    target = project.embedded()
    try:
        yield from _of_model(project, target)
    except PromptlibError as error:
        yield violation_of_error(_with_place(error), "upgrade")
        return
    known = [migration.version for migration in migrations]
    for finding in prove_migrations(target, migrations, known, project.settings, ROWS).findings:
        told = PromptlibError(finding.what, place=finding.place, notes=finding.diff)
        yield violation_of_error(told, "verify")


def _of_model(project: Project, target: Target) -> Iterator[Violation]:
    """What `alembic check` says, once all migrations have run."""
    with open_scratch_databases(target) as scratch:
        alembic = Alembic(project, str(scratch.create()), {})
        with progress_hushed():
            alembic.upgrade("head")
        for difference in alembic.differences():
            yield Violation(
                Path(project.scripts, "env.py"),
                1,
                1,
                "model",
                f"to make the database what the model says, alembic would {difference}",
                "write that as a migration, or mend the model",
            )


def _with_place(error: PromptlibError) -> PromptlibError:
    """The error that knows its file; Alembic hands on its text alone."""
    found = (each for each in error_chain(error) if isinstance(each, PromptlibError) and each.place)
    return next(found, error)
