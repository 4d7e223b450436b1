"""`promptlib init`: make a folder a project."""

from __future__ import annotations

import argparse
from pathlib import Path

from promptlib.cli.command import NO, Answer, Command, CommonOptions, announce, is_agreed
from promptlib.cli.import_view import explain_import, require_convertible, what_next
from promptlib.cli.parser import FOLDER, add_partial, add_yes, not_empty
from promptlib.core.errors import display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import list_migrations
from promptlib.files.file_set import write_together
from promptlib.importing.folder import plan_folder, usual_folder
from promptlib.importing.tool_list import BY_NAME
from promptlib.scaffold.project import (
    WantedProject,
    choose_configuration,
    is_configured,
    is_model,
    names_database,
    plan_project,
)
from promptlib.scaffold.workflow import CI_SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promptlib.cli.command import Terminal
    from promptlib.files.file_set import FileChange
    from promptlib.importing.comparison import PlannedImport
    from promptlib.scaffold.project import PlannedProject

_NONE, _EMBEDDED = "none", "embedded"


class InitOptions(NamedTuple):
    """What `promptlib init` takes.

    Attributes:
        common: what every command takes.
        sql: the folder of migrations, if it was named.
        scripts: the folder of env.py, if it was named.
        model: the model, if it was named.
        ci: the CI system, if it was named.
        tool: whose migrations are converted, if any are.
        from_folder: where those are, if it was named.
        embedded: whether a server of the folder's own stands in for a DATABASE_URL.
        partial: whether to write what can be converted, and leave the rest.
        yes: whether not to ask.
    """

    common: CommonOptions
    sql: str | None
    scripts: str | None
    model: str | None
    ci: str | None
    tool: str | None
    from_folder: Path | None
    embedded: bool
    partial: bool
    yes: bool


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib init` takes."""
    parser.add_argument(
        "--sql", type=not_empty, metavar=FOLDER, help="the folder of the migrations; default: sql"
    )
    parser.add_argument(
        "--scripts", type=not_empty, metavar=FOLDER, help="that of env.py; default: alembic"
    )
    parser.add_argument(
        "--model",
        type=_model,
        metavar="MODULE:NAME",
        help="SQLAlchemy's metadata, to compare databases with",
    )
    parser.add_argument(
        "--embedded",
        action="store_true",
        help="use a PostgreSQL of the folder's own where there is no DATABASE_URL",
    )
    parser.add_argument("--ci", choices=CI_SYSTEMS, help="also write a workflow")
    parser.add_argument(
        "--from",
        dest="tool",
        metavar="TOOL",
        choices=tuple(BY_NAME),
        help=f"also convert the migrations of {', '.join(BY_NAME)}",
    )
    parser.add_argument(
        "--from-folder", type=Path, metavar=FOLDER, help="where those are; default: where usual"
    )
    add_partial(parser)
    add_yes(parser)


def _model(text: str) -> str:
    if not is_model(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not as package.module:name")
    return text


def init(options: InitOptions, terminal: Terminal) -> Answer:
    """Write what the folder lacks."""
    wanted = _wanted(options, terminal)
    planned = plan_project(wanted)
    imported = _imported(options, wanted, planned.sql)
    changes = [*planned.changes, *(imported.changes if imported else ())]
    told = [*_lines(planned), *(explain_import(imported) if imported else ())]
    if not changes:
        announce([*told, "nothing is missing"])
    elif not is_agreed(terminal, told, "write them? [y/N]", unasked=options.yes):
        return Answer(code=NO)
    write_together(changes)
    announce(planned.remarks)
    following = what_next(options.tool) if options.tool else _next_command(planned, changes)
    return Answer(f"next: {following}")


def _wanted(options: InitOptions, terminal: Terminal) -> WantedProject:
    """What was said on the command line; of the rest, what somebody at a terminal answers."""
    if (options.from_folder or options.partial) and not options.tool:
        from promptlib.cli.usage import UsageError

        raise UsageError("--from-folder and --partial need --from", prog="promptlib init")
    common = options.common
    config = Path(common.config) if common.config else choose_configuration(Path())
    wanted = WantedProject(
        config,
        common.section,
        sql=options.sql or "",
        scripts=options.scripts or "",
        model=options.model or "",
        ci=options.ci or "",
        embedded=options.embedded,
        url=common.url,
        converts=options.tool == "alembic",
    )
    return wanted if options.yes or not terminal.can_answer else _asked(wanted, terminal)


def _asked(wanted: WantedProject, terminal: Terminal) -> WantedProject:
    """The same, with what somebody at the terminal answers where nothing was said."""
    if not wanted.sql and not is_configured(wanted):
        wanted = wanted._replace(sql=terminal.ask("folder of the migrations", "sql"))
    if not (wanted.embedded or is_configured(wanted) or names_database(wanted)):
        question = "database, as postgresql://user:password@host/database, or embedded"
        answer = terminal.ask(question, _NONE)
        wanted = wanted._replace(embedded=answer == _EMBEDDED)
        if answer not in (_NONE, _EMBEDDED):
            wanted = wanted._replace(url=answer)
    if not wanted.model:
        question = "model to compare databases with, as package.module:metadata"
        wanted = wanted._replace(model=_one(terminal, question, is_model))
    if not wanted.ci:
        question = f"workflow for {' or '.join(CI_SYSTEMS)}"
        wanted = wanted._replace(ci=_one(terminal, question, CI_SYSTEMS.__contains__))
    return wanted


def _one(terminal: Terminal, question: str, is_right: Callable[[str], bool]) -> str:
    """An answer that makes sense, or nothing."""
    while (answer := terminal.ask(question, _NONE)) != _NONE:
        if is_right(answer):
            return answer
        announce([f"{answer} is not that; type it again, or {_NONE}"])
    return ""


def _imported(options: InitOptions, wanted: WantedProject, sql: Path) -> PlannedImport | None:
    if not options.tool:
        return None
    tool = BY_NAME[options.tool]
    folder = options.from_folder or usual_folder(tool, wanted.config.parent)
    planned = plan_folder(tool, folder, sql)
    require_convertible(planned, partial=options.partial)
    return planned


def _lines(planned: PlannedProject) -> Iterator[str]:
    if planned.changes:
        yield "this will write"
    for change in planned.changes:
        added = "" if change.before is None else "  (lines more, beside what is there)"
        yield f"  {display_path(change.path)}{added}"
    if planned.kept:
        yield "these are there, and stay as they are"
        yield from (f"  {display_path(path)}" for path in planned.kept)


def _next_command(planned: PlannedProject, changes: Sequence[FileChange]) -> str:
    """What to type next; the database has to be known before anything runs."""
    has_some = any(each.path.suffix == ".sql" for each in changes) or (
        planned.sql.is_dir() and bool(list_migrations(planned.sql))
    )
    return "promptlib migrate" if has_some else 'promptlib new "create users"'


COMMAND = Command(
    summary="make a folder a project",
    more=(
        "Writes alembic.ini, or a table of a pyproject.toml that is there, env.py, the folder of "
        "the migrations, .env.example and lines of .gitignore; with --url also .env, which only "
        "its owner may read. Overwrites nothing, and writes all or nothing."
    ),
    example="--model ourapp.models:metadata --ci github",
    options=InitOptions,
    add_arguments=add_init_arguments,
    run=init,
)
