"""The next migration's file, written as `alembic revision` writes it, but without Alembic."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.files.directory import list_migrations, new_file, write_errors_explained
from promptlib.syntax.lexemes import lazy_pattern

if TYPE_CHECKING:
    from promptlib.config.project import Project
    from promptlib.files.directory import MigrationFile

TEMPLATE = "script.sql.mako"
# What makes a template more than plain text.
_MAKO = lazy_pattern(r"\$\{|<%|</%|^\s*%|^\s*##|\\\n", re.MULTILINE)


def next_migration_file(project: Project, title: str) -> MigrationFile:
    """The file of the next migration, which is not there yet.

    Raises:
        PromptlibError: when the folder or the title has no such.
    """
    return new_file(project.sql, title, after=list_migrations(project.sql))


def template_needs_alembic(project: Project) -> bool:
    """Whether the template asks for more than to be copied, or something is to run afterwards."""
    text = _template(project)
    return project.hooks or text is None or bool(_MAKO.search(text))


def write_from_template(project: Project, file: MigrationFile) -> Path:
    """Write the next migration's file from a template that `needs_alembic` says no to.

    Raises:
        PromptlibError: when it cannot be written.
    """
    with (
        write_errors_explained(file.path),
        file.path.open("x", encoding="utf-8", newline="\n") as made,
    ):
        made.write(_template(project) or "")
    return file.path


def _template(project: Project) -> str | None:
    """The template, if it can be found without Alembic, which knows folders of packages too."""
    try:
        return Path(project.scripts, TEMPLATE).read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return None
