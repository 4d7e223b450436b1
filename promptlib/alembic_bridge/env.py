"""What alembic/env.py calls: connect, configure Alembic, run."""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, MetaData, NullPool, create_engine

from promptlib.alembic_bridge.errors import errors_reported, fewer_warnings, handed_over
from promptlib.alembic_bridge.online import run_online
from promptlib.alembic_bridge.plugin import OPTION
from promptlib.alembic_bridge.revisions import SqlScriptDirectory
from promptlib.alembic_bridge.threads import environment_here
from promptlib.config.settings import OPTIONS, read_settings
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.ledger.tables import TABLES, VERSION_TABLE
from promptlib.postgres.target import connect_to_one, find_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    from promptlib.config.settings import Settings

    Given = MetaData | Sequence[MetaData] | None
    Model = Given | Callable[[], Given]

_FOREIGN_TABLES = "foreign_tables"  # in the metadata's info: names that are not the project's
_CALLBACKS = "on_version_apply"


def run(context: EnvironmentContext, metadata: Model = None) -> None:
    """Run the command that Alembic was called with; or hand over the model to who asks for that.

    Args:
        context: `alembic.context`, as env.py sees it. Functions that it was configured with as
            `on_version_apply` are called as Alembic calls them.
        metadata: the tables that `alembic check` and `alembic revision --autogenerate` compare the
            database with, or a function that gives them: other commands do without.

    Raises:
        CommandError: when the plugin is not loaded: `alembic upgrade head` would find no
            migration and exit 0; else for whatever goes wrong, once nothing of the failing
            migration is left.
    """
    context = environment_here(context)
    config = context.config
    handover = handed_over(config)
    if handover and handover.models is not None:
        handover.models.extend(_models(metadata))
        return
    script = _sql_scripts(context)
    with errors_reported(config):
        settings = _settings(context)
        options = {
            "transaction_per_migration": True,
            "version_table_schema": settings.version_table_schema or None,
            _CALLBACKS: _callbacks(context),
        }
        if context.is_offline_mode():
            _run_offline(context, script, settings, options)
        else:
            _run_online(context, script, settings, options, metadata)


def _callbacks(context: EnvironmentContext) -> Any:
    """What `on_version_apply` was set to before us, which configuring again would forget."""
    return context.context_opts.get(_CALLBACKS)


def _sql_scripts(context: EnvironmentContext) -> SqlScriptDirectory:
    """The migrations.

    Raises:
        CommandError: when the project has none, or Alembic does not take them for revisions.
    """
    if not context.config.get_alembic_option(OPTION):
        raise CommandError(
            f"{OPTION} is not set, so there is no migration to run; set it to the folder of the "
            "migrations in the section [alembic] of alembic.ini"
        )
    script = context.script
    if not isinstance(script, SqlScriptDirectory):
        raise CommandError(
            "promptlib's Alembic plugin is not loaded, so no migration would run; install it where "
            "alembic is installed: pip install promptlib"
        )
    return script


def _run_online(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    settings: Settings,
    options: dict[str, Any],
    metadata: Model,
) -> None:
    with _connection(context.config) as connection:
        context.configure(connection)  # only then it tells which command this is
        compares = _compares(context)
        if compares:
            options |= _comparison(script, metadata)
        context.configure(connection, **options)
        with fewer_warnings() if compares else contextlib.nullcontext():
            run_online(context, script, settings, connection, compares=compares)


def _models(metadata: Model) -> list[MetaData]:
    found = metadata() if callable(metadata) else metadata
    return [found] if isinstance(found, MetaData) else [*(found or ())]


def _compares(context: EnvironmentContext) -> bool:
    """Whether the command compares the database with the model."""
    revision = context.get_context().opts.get("revision_context")
    return bool(revision and revision.command_args["autogenerate"])


def _comparison(script: SqlScriptDirectory, metadata: Model) -> dict[str, Any]:
    """The options of a command that compares the database with the model."""
    if metadata is None:
        raise ConfigurationError(
            "env.py passes no metadata, so there is no model to compare the database with",
            "say in env.py: environment.run(context, metadata)",
        )
    from promptlib.autogenerate.write.draft import autogenerate_options

    models = _models(metadata)
    foreign = {name for model in models for name in model.info.get(_FOREIGN_TABLES, ())}
    schemas = {table.schema for model in models for table in model.tables.values()}
    return {
        **autogenerate_options(models, script.take_drafts),
        "include_schemas": schemas > {None} or None not in schemas,
        "include_name": partial(_is_ours, {*TABLES, VERSION_TABLE, *foreign}, {None, *schemas}),
    }


def _is_ours(
    foreign: Collection[str],
    schemas: Collection[str | None],
    name: str | None,
    type_: str,
    _parents: object,
) -> bool:
    """Whether a comparison looks at a thing: not at tables of other components."""
    if type_ == "schema":
        return name in schemas
    return type_ != "table" or name not in foreign


def _settings(context: EnvironmentContext) -> Settings:
    """What alembic.ini and -x say."""
    config = context.config
    source = config.config_file_name or config.toml_file_name
    options = {name: config.get_alembic_option(name) for name in OPTIONS}
    arguments = context.get_x_argument(as_dictionary=True)
    return read_settings(options, arguments, display_path(Path(source)) if source else "")


def _run_offline(
    context: EnvironmentContext,
    script: SqlScriptDirectory,
    settings: Settings,
    options: dict[str, Any],
) -> None:
    context.configure(dialect_name="postgresql", **_output(context.config), **options)
    if "revision_context" in context.get_context().opts:
        context.run_migrations()  # which tells Alembic that there is nothing to compare
    else:
        from promptlib.alembic_bridge.offline import run_offline

        run_offline(context, script, settings)


def _output(config: Config) -> dict[str, Any]:
    """Write UTF-8, whatever the terminal speaks; a caller's own buffer takes text."""
    if config.output_buffer is not None or not hasattr(sys.stdout, "buffer"):
        return {}
    if sys.stdout.isatty():  # where people read it
        return {"output_buffer": sys.stdout}
    return {"output_buffer": sys.stdout.buffer, "output_encoding": "utf-8"}


@contextlib.contextmanager
def _connection(config: Config) -> Iterator[Connection]:
    """The caller's connection or engine (config.attributes["connection"]), or a new one."""
    given = config.attributes.get("connection")
    if given is not None and not isinstance(given, Connection | Engine):
        raise ConfigurationError(
            f'attributes["connection"] is a {type(given).__name__}',
            "pass a connection or an engine of SQLAlchemy's",
        )
    if given is not None and given.dialect.driver != "psycopg2":
        raise ConfigurationError(
            f"migrations run on psycopg2, not on {given.dialect.driver}",
            "pass a connection of postgresql+psycopg2://",
        )
    if isinstance(given, Connection):
        yield _transactional(given)
        return
    engine = _engine(config) if given is None else given
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            yield _transactional(connection)
        finally:
            if driver.closed:  # or SQLAlchemy logs, at length, that it cannot roll back
                connection.invalidate()


def _transactional(connection: Connection) -> Connection:
    driver: Any = connection.connection.driver_connection
    if driver.autocommit:
        raise ConfigurationError(
            "the connection is in autocommit, so no migration could be taken back",
            "pass one that begins transactions",
        )
    return connection


def _engine(config: Config) -> Engine:
    """An engine that leaves connecting to libpq. Its URL is for display and has no password."""
    handover = handed_over(config)
    given = handover.target if handover else None
    target = given or find_target(_project_folder(config))
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
    return create_engine(url, creator=connect_to_one(target), **options)


def _project_folder(config: Config) -> Path:
    """The folder of alembic.ini (or pyproject.toml), where .env and .promptlib/ are."""
    name = config.config_file_name or config.toml_file_name
    return Path(name).absolute().parent if name else Path.cwd()
