"""What the `promptlib` command leaves to Alembic: running, writing SQL, new files, the model."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError

from promptlib import database, environment, report
from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import MetaData

    from promptlib.config import Project


class Alembic:
    """Alembic's commands on a project.

    Args:
        project: whose.
        url: its database; nothing, where none is needed.
        arguments: settings, as -x gives them.
    """

    def __init__(self, project: Project, url: str, arguments: Mapping[str, str]) -> None:
        if url:
            os.environ[database.VARIABLE] = url  # env.py looks there
        self._project = project
        self._options = argparse.Namespace(
            x=[f"{name}={value}" for name, value in arguments.items()], quiet=True
        )

    def upgrade(self, target: str) -> None:
        """Run pending migrations."""
        with _errors():
            command.upgrade(self._config(), target)

    def downgrade(self, target: str, start: tuple[str, ...]) -> None:
        """Take migrations back, if the database is still where it was."""
        config = self._config()
        config.attributes[report.FROM] = start
        with _errors():
            command.downgrade(config, target)

    def script(self, start: str, end: str) -> str:
        """The SQL of an upgrade, for psql."""
        output = io.StringIO()
        with _errors():
            command.upgrade(self._config(output), f"{start or 'base'}:{end}", sql=True)
        return output.getvalue()

    def new(self, title: str) -> Path:
        """Write the next migration's file, from the template and with the hooks of the project."""
        with _errors():
            made = command.revision(self._config(), message=title)
        assert isinstance(made, Script)
        return Path(made.path)

    def model(self) -> MetaData:
        """The tables that env.py compares the database with; nothing is connected to.

        Raises:
            PromptlibError: when env.py cannot be run, or hands over none.
        """
        config = self._config()
        found: list[MetaData] = []
        config.attributes[environment.MODEL] = found
        place = shown(Path(self._project.scripts) / "env.py")
        try:
            with _errors():
                script = ScriptDirectory.from_config(config)
                with EnvironmentContext(config, script):
                    script.run_env()
        except ImportError as error:
            raise PromptlibError(
                f"cannot be run: {error}", "install what it imports", place=place
            ) from error
        if not (found and found[0].tables):
            raise PromptlibError(
                "it hands over no tables",
                "it shall end: environment.run(context, metadata)",
                place=place,
            )
        return found[0]

    def _config(self, output: io.StringIO | None = None) -> Config:
        return Config(
            self._project.ini,
            toml_file=self._project.toml,
            output_buffer=output,
            cmd_opts=self._options,
            attributes={report.COMMAND: True},
        )


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except CommandError as error:
        raise PromptlibError(str(error)) from error
