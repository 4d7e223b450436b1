"""The revisions of plain Alembic as SQL, in the order of their history.

As `alembic upgrade --sql` renders them, but each for itself, and without env.py: it may connect.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from promptlib.alembic_bridge.plugin import OPTION
from promptlib.config.project import INI, TOML
from promptlib.core.errors import (
    ConfigurationError,
    MigrationFileError,
    PromptlibError,
    display_path,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_CREATED = re.compile(r"^Create Date: (\S+ \S+)", re.MULTILINE)


class _PlainConfig(Config):
    """A project's configuration, as it was before its migrations were SQL files."""

    def get_alembic_option(self, name: str, default: Any = None) -> Any:
        """All but where those files are."""
        return default if name == OPTION else super().get_alembic_option(name, default)


class RevisionSource(NamedTuple):
    """A revision of plain Alembic.

    Attributes:
        revision: its name, mostly a hash.
        title: the first line of its docstring.
        path: its file.
        created: when that was made, if it says so.
        is_branched: whether several follow it.
        script: what Alembic knows of it.
        config: of its project.
        directory: what Alembic knows of all.
    """

    revision: str
    title: str
    path: Path
    created: datetime | None
    is_branched: bool
    script: Script
    config: Config
    directory: ScriptDirectory

    def render(self, way: str) -> tuple[str, bool]:
        """The SQL of a way, `upgrade` or `downgrade`; and whether it runs in a transaction.

        Raises:
            MigrationFileError: when it cannot be told without a database.
        """
        output, outside = io.StringIO(), list[bool]()
        try:
            with (
                EnvironmentContext(self.config, self.directory, as_sql=True) as environment,
                contextlib.redirect_stdout(sys.stderr),  # whatever they print
            ):
                environment.configure(
                    dialect_name="postgresql",
                    dialect_opts={"paramstyle": "named"},  # or each % would be doubled
                    output_buffer=output,
                )
                context = environment.get_context()
                # An autocommit block says COMMIT and BEGIN around it.
                vars(context.impl).update(
                    emit_commit=lambda: outside.append(True), emit_begin=lambda: None
                )
                with Operations.context(context):
                    getattr(self.script.module, way)()
        except Exception as error:
            raise self._cannot_render(way, error) from error
        return output.getvalue(), not outside

    def _cannot_render(self, way: str, error: Exception) -> PromptlibError:
        said = " ".join(str(error).split())
        return MigrationFileError(
            f"{way}() cannot be rendered without a database: {type(error).__name__}: {said}",
            "let it say what it does in op.execute(), or write that migration by hand",
            place=display_path(self.path),
        )


def plain_revisions(folder: Path) -> list[RevisionSource]:
    """The revisions of a project, the oldest first.

    Args:
        folder: of its alembic.ini or pyproject.toml, or of its env.py.

    Raises:
        ConfigurationError: when they cannot be read.
    """
    config = _config(folder)
    try:
        directory = ScriptDirectory.from_config(config)
        return [*_revisions(config, directory)][::-1]
    except CommandError as error:
        raise ConfigurationError(str(error), "mend it first", place=display_path(folder)) from error
    except Exception as error:  # whatever a revision's file does when it is imported
        said = " ".join(str(error).split())
        raise ConfigurationError(
            f"the revisions cannot be read: {type(error).__name__}: {said}",
            "install what they import" if isinstance(error, ImportError) else "mend that first",
            place=display_path(folder),
        ) from error


def _revisions(config: Config, directory: ScriptDirectory) -> Iterator[RevisionSource]:
    for script in directory.walk_revisions():
        yield RevisionSource(
            script.revision,
            script.doc,
            Path(script.path),
            _created(script.longdoc),
            len(script.nextrev) > 1,
            script,
            config,
            directory,
        )


def _created(doc: str) -> datetime | None:
    found = _CREATED.search(doc)
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(found[1]) if found else None
        return moment.astimezone(UTC) if moment and moment.tzinfo else moment
    return None


def _config(folder: Path) -> Config:
    """The configuration in a folder, or in the one above, or one that knows the folder alone."""
    for place in (folder, folder.parent):
        ini, toml = place / INI, place / TOML
        if ini.is_file() or toml.is_file():
            config = _PlainConfig(ini if ini.is_file() else None, toml_file=toml)
            scripts = config.get_alembic_option("script_location")
            is_meant = scripts and (place == folder or Path(scripts).resolve() == folder.resolve())
            if is_meant and (":" in str(scripts) or Path(scripts).is_dir()):
                return config
    if not (folder / "versions").is_dir():
        raise ConfigurationError(
            "there is no project of Alembic's",
            "name the folder of its alembic.ini, or of its env.py",
            place=display_path(folder),
        )
    config = _PlainConfig()
    config.set_main_option("script_location", str(folder.absolute()).replace("%", "%%"))
    return config
