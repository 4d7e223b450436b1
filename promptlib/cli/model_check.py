"""What migrations do to a database, tried on the embedded server: do they run, are they the model?

Whether DOWN undoes UP is left to verify; here its findings are violations like all others.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.alembic_bridge.commands import Alembic
from promptlib.cli import arguments
from promptlib.core import logs
from promptlib.core.errors import PromptlibError, history
from promptlib.lint import violations
from promptlib.lint.violations import Violation
from promptlib.verify import prover as verify
from promptlib.verify import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promptlib.config.project import Project
    from promptlib.files.parser import Migration
    from promptlib.postgres.target import Target


def check(project: Project, migrations: Sequence[Migration]) -> Iterator[Violation]:
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
        yield violations.of_error(_with_place(error), "upgrade")
        return
    known = [migration.version for migration in migrations]
    for finding in verify.report(
        target, migrations, known, project.settings, arguments.ROWS
    ).findings:
        told = PromptlibError(finding.what, place=finding.place, notes=finding.diff)
        yield violations.of_error(told, "verify")


def _of_model(project: Project, target: Target) -> Iterator[Violation]:
    """What `alembic check` says, once all migrations have run."""
    with scratch.workshop(target) as workshop:
        alembic = Alembic(project, str(workshop.make()), {})
        with logs.hushed():
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
    found = (each for each in history(error) if isinstance(each, PromptlibError) and each.place)
    return next(found, error)
