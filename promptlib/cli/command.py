"""What a command is: its words in the help, what it is given, and what it gives back."""

from __future__ import annotations

import json

from promptlib.config.project import DEFAULT_SECTION, read_project
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import EventLog, Log
from promptlib.core.remedies import Given

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from types import SimpleNamespace
    from typing import Any, Protocol

    from promptlib.config.project import Project
    from promptlib.engine.migrator import CommandMigrator
    from promptlib.postgres.target import Target

    class Terminal(Protocol):
        """Who runs the command."""

        @property
        def is_coloured(self) -> bool:
            """Whether results may be painted."""

        @property
        def columns(self) -> int:
            """How wide the terminal is that results go to; 0: they go to none."""

        @property
        def can_answer(self) -> bool:
            """Whether there is somebody to ask."""

        def ask(self, question: str, default: str) -> str:
            """The answer to a question, or the default, where somebody only types Return."""

        def agrees(
            self, lines: Iterable[str], question: str, answers: Sequence[str], declined: str
        ) -> bool:
            """Say what will be done, and ask; what is said where the answer is another one."""


_log = Log(__name__)
NO = 1
YES = ("y", "yes")


class CommonOptions(NamedTuple):
    """What every command takes.

    Attributes:
        url: the database; empty: what DATABASE_URL says.
        config: the configuration's file; empty: alembic.ini or pyproject.toml here.
        section: the section of alembic.ini that is read.
        verbose: whether to say more.
        quiet: whether to say nothing but errors.
    """

    url: str
    config: str
    section: str
    verbose: bool
    quiet: bool

    @property
    def given(self) -> Given:
        """What has to be typed again, to be told in remedies."""
        section = "" if self.section == DEFAULT_SECTION else self.section
        return Given(section, self.config, bool(self.url))


class PlainOptions(NamedTuple):
    """The options of a command that has none of its own."""

    common: CommonOptions


class JsonOptions(NamedTuple):
    """What a command takes that tells one result, and no more: see `add_json`.

    Attributes:
        common: what every command takes.
        json: whether the result is a document.
    """

    common: CommonOptions
    json: bool


class RemovingOptions(NamedTuple):
    """What a command takes that removes a database, and no more: see `add_removing`.

    Attributes:
        common: what every command takes.
        yes: whether not to ask.
        force: whether the sessions of others are ended.
    """

    common: CommonOptions
    yes: bool
    force: bool


class Answer(NamedTuple):
    """What goes to stdout, and the exit code.

    Attributes:
        text: for people to read, unless it is a document.
        code: the exit code.
        is_document: whether its every character matters to whatever reads it.
    """

    text: str = ""
    code: int = 0
    is_document: bool = False


def no_arguments(_: argparse.ArgumentParser) -> None:
    """Add none to a command's parser."""


class Command(NamedTuple):
    """A command of `promptlib`.

    Attributes:
        summary: what it does, as the list of all commands tells it.
        example: what may follow its name.
        options: the class of its options: each is named as its argument, `common` is for all.
        run: does it.
        add_arguments: adds what it takes to its parser.
        more: what its own help says beyond the summary.
    """

    summary: str
    example: str
    options: Any
    run: Callable[[Any, Terminal], Answer]
    add_arguments: Callable[[argparse.ArgumentParser], None] = no_arguments
    more: str = ""


class CommandGroup(NamedTuple):
    """A word that further commands stand behind.

    Attributes:
        summary: what they are for, as the list of all commands tells it.
        example: what may follow the word.
        actions: the commands by name.
        more: what its own help says beyond the summary.
    """

    summary: str
    example: str
    actions: Mapping[str, Command]
    more: str = ""


def common_options(said: argparse.Namespace | SimpleNamespace) -> CommonOptions:
    """The options of every command, as they were said."""
    return CommonOptions(
        url=said.url or "",
        config=said.config or "",
        section=said.section or DEFAULT_SECTION,
        verbose=said.verbose,
        quiet=said.quiet,
    )


def run_command(said: argparse.Namespace | SimpleNamespace, terminal: Terminal) -> Answer:
    """Run the command that was said, with its options; nobody else sees what argparse made."""
    command: Command = said.command
    values = vars(said)
    given = {**values, "common": common_options(said)}
    return command.run(
        command.options._make(given[name] for name in command.options._fields), terminal
    )


def open_project(common: CommonOptions, **settings: str) -> Project:
    """The project that the command line means.

    Args:
        common: the options of every command.
        settings: what wins over the configuration.
    """
    return read_project(common.config, settings, common.url, common.section)


def open_database(
    common: CommonOptions, *, changes: bool = False, **settings: str
) -> tuple[Project, Target]:
    """The project and its database; the embedded server is started when it is needed.

    Args:
        common: the options of every command.
        changes: whether the command changes the database: then two may not be named.
        settings: what wins over the configuration.
    """
    project = open_project(common, **settings)
    if changes:
        project.database.require_agreement()
    return project, project.target()


def open_migrator(
    common: CommonOptions, *, changes: bool = False, **settings: str
) -> CommandMigrator:
    """What migrates the project's database; its connection closes with the `with` block.

    Args:
        common: the options of every command.
        changes: as for `open_database`.
        settings: what wins over the configuration.
    """
    from promptlib.engine.migrator import CommandMigrator  # which some commands do without

    project = open_project(common, **settings)
    if changes:
        project.database.require_agreement()
    return CommandMigrator(project, EventLog())


def text_answer(found: Iterable[str], code: int = 0) -> Answer:
    """Lines of text."""
    return Answer("\n".join(found), code)


def json_answer(found: object, code: int = 0) -> Answer:
    """A JSON document."""
    return Answer(json.dumps(found, indent=2), code)


def write_file(path: Path, text: str) -> None:
    """Write what was asked for into a file, and say so."""
    path.write_text(text, encoding="utf-8")
    _log.info("wrote %s", display_path(path))


def announce(lines: Iterable[str]) -> None:
    """Say what will be done."""
    for line in lines:
        _log.info("%s", line)


def is_agreed(
    terminal: Terminal,
    lines: Iterable[str],
    question: str,
    *,
    unasked: bool,
    answers: Sequence[str] = YES,
) -> bool:
    """Say what will be done, and whether it shall be.

    Args:
        terminal: who is asked.
        lines: what will be done.
        question: to ask.
        unasked: whether that is agreed on already.
        answers: what means yes.
    """
    if unasked:
        announce(lines)
        return True
    return terminal.agrees(lines, question, answers, "nothing was changed")
