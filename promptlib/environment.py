"""What alembic/env.py calls: connect, configure Alembic, run."""

from __future__ import annotations

import contextlib
import logging
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine

from promptlib import database, logs, offline, report, runner
from promptlib.errors import PromptlibError
from promptlib.plugin import OPTION
from promptlib.scripts import SETTINGS, SqlScriptDirectory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import MetaData

_log = logging.getLogger(__name__)
_ALLOW_DATA_LOSS = "allow_data_loss"
_FOREIGN_TABLES = "foreign_tables"  # in the metadata's info: names that are not the project's
_ON_OFF = {"on": True, "off": False}
_NOT_LOADED = (
    "promptlib's Alembic plugin is not loaded, so no migration would run; install the project "
    "where alembic is installed: pip install -e ."
)

_NOT_SET = (
    f"{OPTION} is not set, so there is no migration to run; set it to the folder of the migrations "
    "in the section [alembic] of alembic.ini"
)


_OPTIONS: dict[str, Any] = {
    "transaction_per_migration": True,
    "compare_type": True,
    "compare_server_default": True,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}


def run(context: EnvironmentContext, metadata: MetaData) -> None:
    """Run the command that Alembic was called with.

    Args:
        context: `alembic.context`, as env.py sees it.
        metadata: the tables that `alembic check` compares the database with.

    Raises:
        CommandError: when the plugin is not loaded: `alembic upgrade head` would find no
            migration and exit 0; else for whatever goes wrong, once nothing of the failing
            migration is left.
    """
    script = context.script
    if not context.config.get_alembic_option(OPTION):
        raise CommandError(_NOT_SET)
    if not isinstance(script, SqlScriptDirectory):
        raise CommandError(_NOT_LOADED)
    with report.errors(context.config, script.place):
        options = {
            **_OPTIONS,
            SETTINGS: _settings(context),
            "target_metadata": metadata,
            "include_name": partial(_is_ours, metadata.info.get(_FOREIGN_TABLES, ())),
        }
        if context.is_offline_mode():
            _run_offline(context, script, options)
        else:
            with _connection(context.config) as connection:
                _run_online(context, script, connection, options)


def _is_ours(foreign: Collection[str], name: str | None, type_: str, _parents: object) -> bool:
    """Whether `alembic check` looks at a thing: not at tables of other components."""
    return type_ != "table" or name not in foreign


def _settings(context: EnvironmentContext) -> dict[str, str]:
    """The PostgreSQL settings that -x asks for."""
    value = context.get_x_argument(as_dictionary=True).get(_ALLOW_DATA_LOSS, "off")
    if value not in _ON_OFF:
        raise PromptlibError(
            f"-x {_ALLOW_DATA_LOSS} cannot be {value!r}", f"write -x {_ALLOW_DATA_LOSS}=on"
        )
    return {runner.ALLOW_DATA_LOSS: "on"} if _ON_OFF[value] else {}


def _run_offline(
    context: EnvironmentContext, script: SqlScriptDirectory, options: dict[str, Any]
) -> None:
    context.configure(dialect_name="postgresql", **_output(context.config), **options)
    script.require_readable()
    with logs.reader_may_leave():
        context.static_output(offline.HEAD)
        context.run_migrations()


def _output(config: Config) -> dict[str, Any]:
    """Write UTF-8, whatever the terminal speaks; a caller's own buffer takes text."""
    if config.output_buffer is not None or not hasattr(sys.stdout, "buffer"):
        return {}
    return {"output_buffer": sys.stdout.buffer, "output_encoding": "utf-8"}


def _run_online(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    connection: Connection,
    options: dict[str, Any],
) -> None:
    external = connection.in_transaction()
    options = {**options, "on_version_apply": lambda step, **_: script.log_step(step)}
    context.configure(connection, **options)
    migration_context = context.get_context()
    deploys = "destination_rev" in migration_context.opts  # upgrade, downgrade, stamp
    if deploys:
        script.require_readable()
        _require_primary(connection)
    # Alembic makes its version table for commands that only look (check, history -i): not here.
    migration_context.opts.setdefault("dont_mutate", not deploys)
    context.run_migrations()
    script.log_finished()
    if deploys:
        _log_end(migration_context)
    if not external:
        # The version table may not be in a migration's transaction. And a caller may run another
        # command on his connection, which must not find one open.
        connection.commit()


def _require_primary(connection: Connection) -> None:
    """Refuse a replica, without touching a transaction that the caller has open."""
    driver = connection.connection
    with contextlib.closing(driver.cursor()) as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        (in_recovery,) = cursor.fetchone() or (False,)
    if not connection.in_transaction():
        driver.rollback()
    if in_recovery:
        raise PromptlibError(
            "this server is a read-only replica", f"connect to the primary in {database.VARIABLE}"
        )


@contextlib.contextmanager
def _connection(config: Config) -> Iterator[Connection]:
    """The caller's connection or engine (config.attributes["connection"]), or a new one."""
    given = config.attributes.get("connection")
    if given is not None and not isinstance(given, Connection | Engine):
        raise PromptlibError(
            f'attributes["connection"] is a {type(given).__name__}',
            "pass a connection or an engine of SQLAlchemy's",
        )
    if given is not None and given.dialect.driver != "psycopg2":
        raise PromptlibError(
            f"migrations run on psycopg2, not on {given.dialect.driver}",
            "pass a connection of postgresql+psycopg2://",
        )
    if isinstance(given, Connection):
        yield _transactional(given)
        return
    engine = _engine(config) if given is None else given
    with engine.connect() as connection:
        yield _transactional(connection)


def _transactional(connection: Connection) -> Connection:
    driver: Any = connection.connection.driver_connection
    if driver.autocommit:
        raise PromptlibError(
            "the connection is in autocommit, so no migration could be taken back",
            "pass one that begins transactions",
        )
    return connection


def _engine(config: Config) -> Engine:
    """An engine that leaves connecting to libpq. Its URL is for display and has no password."""
    target = database.find(project_folder(config))
    address = {key: value for key in ("host", "port") if (value := target.parameters.get(key))}
    # A URL of SQLAlchemy's has room for one host and one port; sockets and lists go behind it.
    one = "/" not in address.get("host", "") and address.get("port", "0").isdecimal()
    url = URL.create(
        "postgresql+psycopg2",
        username=target.parameters.get("user"),
        host=address.get("host") if one else None,
        port=int(address["port"]) if one and "port" in address else None,
        database=target.parameters["dbname"],
        query={} if one else address,
    )
    options: dict[str, Any] = {"poolclass": NullPool, "use_native_hstore": False}
    return create_engine(url, creator=target.connect, **options)


def project_folder(config: Config) -> Path:
    """The folder of alembic.ini (or pyproject.toml), where .env and .promptlib/ are."""
    name = config.config_file_name or config.toml_file_name
    return Path(name).absolute().parent if name else Path.cwd()


def _log_end(context: MigrationContext) -> None:
    heads = context.get_current_heads()
    script = context.script
    newest = " (head)" if script and tuple(script.get_heads()) == heads else ""
    _log.info("the database is at %s%s", ", ".join(heads) or "base", newest)
