"""What can be said on the command line of `promptlib`: its commands, options and their help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promptlib.cli.parser import (
    FILE,
    FOLDER,
    natural_number,
    number_of_seconds,
    positive_number,
    top_parser,
)

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.parser import Commands

FORMATS = ("text", "json", "github")
ROWS = 3  # that verify makes up for each table, unless it is told otherwise
SHELLS = ("bash", "zsh", "fish")
PICTURES = (MERMAID, SVG) = ("mermaid", "svg")
_VERSION = "VERSION may be shortened as long as it is unique."
_YES: dict[str, Any] = {"action": "store_true", "help": "do not ask"}
_JSON: dict[str, Any] = {"action": "store_true", "help": "one JSON document on stdout"}
_EMBEDDED: dict[str, Any] = {
    "action": "store_true",
    "help": "make the scratch database on the embedded server, not beside the database",
}
_FORMAT: dict[str, Any] = {
    "choices": FORMATS,
    "default": FORMATS[0],
    "help": "how findings are told: as text (default), JSON, or annotations on GitHub",
}
_EPILOG = """examples:
  promptlib migrate              run every pending migration
  promptlib status               where each migration stands
  promptlib rollback             take the last migration back
  promptlib new "add a region"   prepare the next migration's file

promptlib COMMAND --help tells more. Everything else is Alembic's: alembic --help"""


def make_parser(first: str = "") -> argparse.ArgumentParser:
    """Everything that can be said.

    Args:
        first: the first word that is said: where it is a command, the others need not be known.
    """
    what = "Raw SQL migrations, run by Alembic, on PostgreSQL."
    top, commands = top_parser(what, _EPILOG, first)
    _that_change(commands)
    _that_look(commands)
    _around(commands)
    _for_authors(commands)
    _of_the_server(commands.group("db", "the database itself"))
    return top if commands.are_any else make_parser()


def _that_change(commands: Commands) -> None:
    migrate = commands.add(
        "migrate",
        "run the pending migrations",
        "--late apply",
        f"Oldest first, each in its own transaction. {_VERSION}",
        aliases=["up"],
    )
    migrate.add_argument(
        "target", nargs="?", default="head", metavar="TARGET", help="VERSION, +N or head (default)"
    )
    migrate.add_argument(
        "--dry-run", action="store_true", help="show the plan and the SQL, change nothing"
    )
    migrate.add_argument(
        "--late", choices=["apply", "refuse"], help="run late migrations first, or refuse them"
    )
    migrate.add_argument(
        "--backup", metavar=FOLDER, help="first write a backup there, if anything is to run"
    )
    rollback = commands.add(
        "rollback",
        "take the last migration back",
        "-n 2",
        f"Runs its DOWN section, and asks when there are several. {_VERSION}",
        aliases=["down"],
    )
    how_far = rollback.add_mutually_exclusive_group()
    how_far.add_argument(
        "-n", type=positive_number, default=1, metavar="N", help="the last N, default 1"
    )
    how_far.add_argument("--to", metavar="VERSION", help="all after VERSION; `base`: all")
    rollback.add_argument("--yes", **_YES)
    rollback.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="let DOWN delete rows that no migration made",
    )
    repair = commands.add(
        "repair",
        "accept edited files, and forget missing ones",
        "",
        "Shows each difference between the files and the ledger, asks, and takes the files for "
        "right: the ledger gets the checksums and DOWN sections of edited files, and loses the "
        "rows of missing ones. No migration runs.",
    )
    repair.add_argument("--yes", **_YES)
    adopt = commands.add(
        "adopt",
        "take over a database that the Node service migrated",
        "--dry-run",
        "Shows what its table `migrations` says and what becomes of it, compares the schema with "
        "that of a scratch database, where the same migrations are run, asks, and writes the "
        "ledger. No migration runs on the database itself.",
    )
    adopt.add_argument("--dry-run", action="store_true", help="show and compare, write nothing")
    adopt.add_argument("--yes", **_YES)
    adopt.add_argument("--embedded", **_EMBEDDED)


def _that_look(commands: Commands) -> None:
    status = commands.add(
        "status", "where each migration stands", "--exit-code", "Changes nothing, waits for nobody."
    )
    status.add_argument("--json", **_JSON)
    status.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 when a migration is pending, late, edited or missing",
    )
    for name, summary in (
        ("pending", "the migrations that have not run, oldest first"),
        ("executed", "the migrations that ran, oldest first"),
    ):
        commands.add(name, summary, "--json").add_argument("--json", **_JSON)
    history = commands.add(
        "history", "every attempt at a migration, failures too", "20250210120000", _VERSION
    )
    history.add_argument("version", nargs="?", default="", metavar="VERSION", help="of this alone")
    history.add_argument("--json", **_JSON)


def _around(commands: Commands) -> None:
    new = commands.add(
        "new",
        "prepare the next migration's file",
        '"add a region to providers"',
        "Prints its path.",
    )
    new.add_argument("name", metavar="NAME", help="what it does")
    backup = commands.add(
        "backup",
        "write the whole database to a file",
        "backups/",
        "By pg_dump, in its custom format, which pg_restore reads. Prints the file's path.",
    )
    backup.add_argument("folder", metavar=FOLDER, help="where the file shall be")
    completion = commands.add(
        "completion", "print a shell's completion script", "bash > ~/.promptlib-completion"
    )
    completion.add_argument("shell", choices=SHELLS, help="the shell")


def _for_authors(commands: Commands) -> None:
    verify = commands.add(
        "verify",
        "prove that DOWN undoes UP",
        "--pending",
        "Runs migrations up, down and up again in a scratch database, on tables with made-up rows, "
        "and compares. Tells the locks that each statement takes. The target's own database is "
        f"not touched. Exit code: 0, or 1 with findings. {_VERSION}",
    )
    verify.add_argument("versions", nargs="*", metavar="VERSION", help="these alone; default: all")
    verify.add_argument("--pending", action="store_true", help="those that have not run")
    verify.add_argument(
        "--rows",
        type=natural_number,
        default=ROWS,
        metavar="N",
        help=f"rows a table; default: {ROWS}",
    )
    verify.add_argument("--html", metavar=FILE, help="write a page with all that was found")
    verify.add_argument("--embedded", **_EMBEDDED)
    erd = commands.add(
        "erd",
        "draw the tables of the model and their relations",
        "--output schema.svg",
        "As Mermaid, which forges show in Markdown, or as SVG, which takes Graphviz. Needs no "
        "database.",
    )
    erd.add_argument(
        "--format", choices=PICTURES, help="default: svg for a FILE of that name, else mermaid"
    )
    erd.add_argument("--output", metavar=FILE, help="write it there instead of to stdout")
    lint = commands.add(
        "lint",
        "review migrations, by the rules of squawk and our own",
        "sql/20250210120000_create_dynamic_providers.sql",
        "No database is needed, but the extra `lint` is. Exit code: 1 when there are findings.",
    )
    lint.add_argument("file", nargs="*", metavar=FILE, help="of these alone; default: all")
    lint.add_argument("--format", **_FORMAT)
    check = commands.add(
        "check",
        "whether migrations may be merged",
        "--base origin/main",
        "Formats, names, versions and lint; with --base also that nothing merged was changed. No "
        "database is needed. "
        "Exit code: 1 when there are findings.",
    )
    check.add_argument(
        "--base", default="", metavar="REF", help="also compare with this branch, to merge into"
    )
    check.add_argument(
        "--database",
        action="store_true",
        help="also alembic check and verify, on the embedded server",
    )
    check.add_argument("--format", **_FORMAT)


def _of_the_server(server: Commands) -> None:
    server.add("show", "where the data is and how many rows are in it", "| head -1")
    test = server.add(
        "test",
        "reach the server, and tell whether a deploy could run",
        "--json",
        "Exit code: 0 or 1.",
    )
    test.add_argument("--json", **_JSON)
    server.add("create", "make the database, unless it is there", "")
    drop = server.add("drop", "remove the database and all that is in it", "", "Asks for its name.")
    drop.add_argument("--yes", **_YES)
    wait = server.add("wait", "wait until the database can be reached", "--timeout 30")
    wait.add_argument(
        "--timeout",
        type=number_of_seconds,
        default=60,
        metavar="SECONDS",
        help="how long; default: 60",
    )
    server.add("stop", "stop the embedded PostgreSQL; its data stays", "")
