"""Which database a command of Alembic's is for: one that was passed, or what is written."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from promptlib.alembic_bridge.errors import is_command_line, typed_url
from promptlib.config.database import DATABASE_OPTIONS, URL_OPTION, DatabaseChoice, read_database
from promptlib.config.options import describe_ini_error, table_options
from promptlib.core.errors import ConfigurationError, display_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.config import Config

_DRIVER = "psycopg2"
_PASS = (
    f'pass create_engine("postgresql+{_DRIVER}://...") or a connection of it, or leave it out and '
    f"set {URL_OPTION}"
)


def written_options(config: Config, wanted: Iterable[str]) -> tuple[dict[str, str], str]:
    """What alembic.ini and pyproject.toml say, and what a program has set since; and the file.

    Raises:
        ConfigurationError: without a value, which may be a URL with its password.
    """
    files = filter(None, (config.config_file_name, config.toml_file_name))
    place = next((display_path(each) for each in files if Path(each).is_file()), "")
    parser, section = config.file_config, config.config_ini_section
    try:
        found = table_options(config.toml_alembic_config, config.toml_args, wanted)
        there = [name for name in wanted if parser.has_option(section, name)]
        return {**found, **{name: parser.get(section, name) for name in there}}, place
    except configparser.Error as error:
        said = describe_ini_error(error)
    except ValueError as error:
        said = str(error)
    raise ConfigurationError(f"cannot be read: {said}", place=place)


def choose_database(config: Config) -> DatabaseChoice:
    """What there is to choose a database from.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    configured = read_database(*written_options(config, DATABASE_OPTIONS))
    if configured.url is not None and _is_set_in_code(config):
        configured = configured._replace(place="the program")
    typed = typed_url(config)
    is_typed = typed is not None or is_command_line(config)
    typed_as = "-x url" if is_typed else 'attributes["connection"]'
    return DatabaseChoice(str(_project_folder(config)), configured, typed, typed_as)


def require_ours(given: object) -> Connection | Engine:
    """What was passed as attributes["connection"], if migrations can run on it.

    Raises:
        ConfigurationError: naming what it is, and what to pass.
    """
    if isinstance(given, Connection | Engine):
        if given.dialect.driver == _DRIVER:
            return given
        raise ConfigurationError(
            f"migrations run on {_DRIVER}, not on {given.dialect.driver}", _PASS
        )
    kind = type(given)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    raise ConfigurationError(f'attributes["connection"] is a {name}', _PASS)


def _is_set_in_code(config: Config) -> bool:
    """Whether sqlalchemy.url is not what the file says, or not in one: set_main_option."""
    section = config.config_ini_section
    said = config.file_config.get(section, URL_OPTION, raw=True, fallback=None)
    parser = configparser.RawConfigParser()
    parser.read(config.config_file_name or (), encoding="locale")
    return said is not None and parser.get(section, URL_OPTION, fallback=None) != said


def _project_folder(config: Config) -> Path:
    """The folder of alembic.ini (or pyproject.toml), where .env and .promptlib/ are."""
    name = config.config_file_name or config.toml_file_name
    return Path(name).absolute().parent if name else Path.cwd()
