"""What a command has to know of who runs it, and what it gives back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, Protocol

from promptlib.config.project import read_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from promptlib.config.project import Project
    from promptlib.postgres.target import Target

NO = 1


class Answer(NamedTuple):
    """What goes to stdout, and the exit code."""

    text: str = ""
    code: int = 0


class Terminal(Protocol):
    """Who runs the command."""

    @property
    def is_coloured(self) -> bool:
        """Whether results may be painted."""

    def agrees(self, lines: Iterable[str], question: str, answers: Sequence[str] = ...) -> bool:
        """Say what will be done, and ask."""


def text_answer(found: Iterable[str], code: int = 0) -> Answer:
    """Lines of text."""
    return Answer("\n".join(found), code)


def json_answer(found: object, code: int = 0) -> Answer:
    """A JSON document."""
    return Answer(json.dumps(found, indent=2), code)


def open_project(options: argparse.Namespace, **settings: str) -> tuple[Project, Target]:
    """The project and its database that the command line means.

    Args:
        options: of the command line.
        settings: what wins over the configuration.
    """
    project = read_project(options.config, settings, options.url)
    return project, project.target()
