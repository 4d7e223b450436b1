"""Where a command makes its scratch databases: what was typed, or the configuration says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from promptlib.config.database import TYPED
from promptlib.core.errors import ConfigurationError, MissingExtraError
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace

if TYPE_CHECKING:
    from promptlib.config.project import Project
    from promptlib.postgres.target import Target


class ScratchOptions(Protocol):
    """What `add_scratch` adds."""

    @property
    def embedded(self) -> bool:
        """Whether the embedded server was asked for."""

    @property
    def scratch(self) -> str | None:
        """A URL, or nothing."""

    @property
    def scratch_template(self) -> str | None:
        """The name of a database, or nothing."""

    @property
    def scratch_setup(self) -> str | None:
        """The path of a file, or nothing."""


def scratch_place(
    project: Project, options: ScratchOptions, *, prefers_embedded: bool = False
) -> ScratchPlace:
    """Where to make scratch databases.

    Args:
        project: whose configuration counts.
        options: what was typed, which wins.
        prefers_embedded: whether that is the embedded server when nothing is said and it is
            installed; else it is that of the project's database.

    Raises:
        ConfigurationError: for a URL that is none, or a file that is not there.
    """
    chosen = project.scratch.but(
        url=options.scratch or "",
        template=options.scratch_template or "",
        setup=options.scratch_setup or "",
    )
    setup = Path(chosen.setup) if chosen.setup else None
    if setup and not setup.is_file():
        raise ConfigurationError(
            "there is no such file", "correct scratch_setup", place=chosen.setup
        )
    target, is_for_trials = _server(project, options, chosen.url, prefers_embedded=prefers_embedded)
    is_given = bool(chosen.url) and not options.embedded
    return ScratchPlace(target, is_for_trials, is_given, chosen.template, setup)


def _server(
    project: Project, options: ScratchOptions, url: str, *, prefers_embedded: bool
) -> tuple[Target, bool]:
    """A database on the server, and whether that is there to be tried on."""
    if url and not options.embedded:
        place, name = ("--scratch", TYPED) if options.scratch else (project.place, "scratch")
        return parse_url(url, place, name), True
    if options.embedded or prefers_embedded:
        try:
            return project.database.embedded(), True
        except MissingExtraError:
            if options.embedded:
                raise
    return project.target(), False
