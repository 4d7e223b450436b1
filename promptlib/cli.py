"""The `promptlib` command: arguments and printing. The only module that prints."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

from promptlib import database, diagnosis, embedded, interrupts, logs
from promptlib.errors import PromptlibError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ERROR = 2
_CONFIG = "alembic.ini"
_TOML = "pyproject.toml"
_EPILOG = """examples:
  promptlib migrate              run every pending migration
  promptlib migrate 20250101     up to the version that begins so
  promptlib db show              where the data is and what is in it
  promptlib db stop              stop the embedded PostgreSQL

Everything else is Alembic's: alembic --help"""
# The server writes the query that counts the rows of every table.
_COUNT = """
    SELECT string_agg(format('SELECT %L AS name, count(*) FROM %I.%I',
                             tablename, schemaname, tablename), ' UNION ALL ' ORDER BY tablename)
           || ' ORDER BY name'
      FROM pg_tables WHERE schemaname = ANY (current_schemas(false))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0 done, 2 an error."""
    options = parser().parse_args(arguments)
    logs.show(quiet=options.quiet)
    try:
        with logs.reader_may_leave():
            options.run(options)
    except PromptlibError as error:
        return _fail(error)
    except psycopg2.Error as error:
        return _fail(diagnosis.explain_elsewhere(error, ""))
    except KeyboardInterrupt as error:
        print(interrupts.MESSAGE, file=sys.stderr)
        return interrupts.exit_code(error)
    return 0


def _fail(error: PromptlibError) -> int:
    print(error, file=sys.stderr)
    return _ERROR


def parser() -> argparse.ArgumentParser:
    """Everything that can be said on the command line."""
    top = argparse.ArgumentParser(
        prog="promptlib",
        description="Raw SQL migrations, run by Alembic, on PostgreSQL.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--config", default=_CONFIG, help="the configuration, %(default)s")
    top.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    migrate = commands.add_parser(
        "migrate",
        help="run the pending migrations",
        description="Run the pending migrations, oldest first, each in its own transaction.",
        epilog="example: promptlib migrate 20250210120000",
    )
    migrate.add_argument("target", nargs="?", default="head", help="a version; default: head")
    migrate.set_defaults(run=_migrate)
    server = commands.add_parser("db", help="the database itself")
    actions = server.add_subparsers(title="actions", required=True, metavar="ACTION")
    show = actions.add_parser(
        "show",
        help="where the data is and how many rows are in it",
        epilog="example: promptlib db show | head -1",
    )
    show.set_defaults(run=_show)
    stop = actions.add_parser("stop", help="stop the embedded PostgreSQL; its data stays")
    stop.set_defaults(run=_stop)
    return top


def _migrate(options: argparse.Namespace) -> None:
    from alembic import command, util  # noqa: PLC0415 - slow to import, and of no use elsewhere
    from alembic.config import Config  # noqa: PLC0415

    from promptlib import report  # noqa: PLC0415

    toml = _project(options) / _TOML
    try:
        config = Config(options.config, toml_file=toml, attributes={report.COMMAND: True})
        command.upgrade(config, options.target)
    except util.CommandError as error:
        raise PromptlibError(str(error)) from error


def _show(options: argparse.Namespace) -> None:
    target = database.find(_project(options))
    with closing(target.connect()) as connection, connection.cursor() as cursor:
        version = connection.get_parameter_status("server_version")
        print(f"{target}  PostgreSQL {version}, from {target.source}")
        cursor.execute(_COUNT)
        (count,) = cursor.fetchone() or (None,)
        if count:
            cursor.execute(count)
            for name, rows in cursor:
                print(f"  {name:<24}{rows:>8} rows")


def _stop(options: argparse.Namespace) -> None:
    stopped = embedded.stop(_project(options))
    print("stopped" if stopped else "the embedded PostgreSQL does not run", file=sys.stderr)


def _project(options: argparse.Namespace) -> Path:
    """The folder of the configuration."""
    config = Path(options.config)
    if not config.is_file() and not config.with_name(_TOML).is_file():
        raise PromptlibError(
            "there is no such file",
            "go to the project's folder, or name it with --config",
            place=str(config),
        )
    return config.absolute().parent


if __name__ == "__main__":
    sys.exit(main())
