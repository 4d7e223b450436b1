"""`promptlib reset`: a new database in the place of the old one, with all migrations."""

from __future__ import annotations

from promptlib.cli.command import NO, Answer, Command, RemovingOptions, is_agreed, open_database
from promptlib.cli.parser import add_removing
from promptlib.core.errors import PromptlibError
from promptlib.core.light import TYPE_CHECKING
from promptlib.core.logs import EventLog, Log
from promptlib.engine.migrator import CommandMigrator
from promptlib.plan.reading import MigrationFiles
from promptlib.plan.status import place_of_version
from promptlib.postgres.replacement import describe_losses, open_replacement

if TYPE_CHECKING:
    from promptlib.cli.command import Terminal

_log = Log(__name__)


def reset(options: RemovingOptions, terminal: Terminal) -> Answer:
    """Let a new database take the place of the old one, once all migrations ran in it."""
    project, target = open_database(options.common, changes=True)
    files = MigrationFiles(project.sql)
    files.read({})
    files.require_readable()
    losses, name = describe_losses(target), target.database
    told = [*losses, "no rollback brings that back"]
    question = "write the database's name to reset it:"
    if losses and not is_agreed(terminal, told, question, unasked=options.yes, answers=[name]):
        return Answer(code=NO)
    with open_replacement(target, force=options.force) as new:
        new.take_properties()
        with CommandMigrator(project, EventLog(), new.target) as migrator:
            try:
                made = migrator.migrate()
            except (PromptlibError, KeyboardInterrupt) as error:
                vars(error).update(stands=f"{target} is as it was")
                raise
        new.take_place(force=options.force)
    _log.info("%s: reset; %s", target, place_of_version(made.current or "", made.head or ""))
    return Answer()


COMMAND = Command(
    summary="make the database anew, and run all migrations",
    more=(
        "Asks for its name. They run in a new database, which then takes the place of the old one: "
        "if one fails, that is as it was. To take migrations back one by one: `promptlib rollback "
        "--to base`."
    ),
    example="",
    options=RemovingOptions,
    add_arguments=add_removing,
    run=reset,
)
