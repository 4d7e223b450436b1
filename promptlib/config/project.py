"""alembic.ini, or [tool.alembic] of pyproject.toml, read as Alembic reads them, but without it."""

from __future__ import annotations

import configparser
import logging
import os
from pathlib import Path

from promptlib.config.database import DatabaseChoice, read_database
from promptlib.config.options import WrittenOptions
from promptlib.config.settings import OPTIONS, read_settings
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.config.settings import Settings
    from promptlib.postgres.target import Target

_log = logging.getLogger(__name__)
INI, TOML = "alembic.ini", "pyproject.toml"
_VARIABLE = "ALEMBIC_CONFIG"  # as for Alembic's own command
DEFAULT_SECTION = "alembic"  # the same
BY_PROGRAM = "url"  # how a program names a database
_HOOKS = "post_write_hooks"
_SCRATCH = ("scratch", "scratch_template", "scratch_setup")
_WANTED = (*OPTIONS, "sql_location", "script_location", *_SCRATCH)


class ScratchSettings(NamedTuple):
    """Where migrations are tried.

    Attributes:
        url: a server, or a database that is nobody's; empty: beside the project's database.
        template: the database that scratch databases are copies of; empty: the server's usual one.
        setup: the SQL file that runs first in each of them, or nothing.
    """

    url: str = ""
    template: str = ""
    setup: str = ""

    def but(self, **chosen: str) -> ScratchSettings:
        """The same, but for what is not empty."""
        return self._replace(**{name: value for name, value in chosen.items() if value})


class Project(NamedTuple):
    """What the commands need to know of a project.

    Attributes:
        ini: the path of alembic.ini, which need not be there.
        toml: the path of pyproject.toml, which need not be there.
        location: the folder of the migrations, or nothing.
        scripts: the folder of env.py and script.sql.mako, as it is written.
        hooks: whether something is to run when a migration's file was written.
        settings: how a deploy behaves.
        database: what there is to choose a database from.
        section: the section of alembic.ini that was read.
        scratch: where migrations are tried.
    """

    ini: Path
    toml: Path
    location: str
    scripts: str
    hooks: bool
    settings: Settings
    database: DatabaseChoice
    section: str = DEFAULT_SECTION
    scratch: ScratchSettings = ScratchSettings()

    @property
    def folder(self) -> Path:
        """Where .env and .promptlib/ are."""
        return self.ini.absolute().parent

    @property
    def sql(self) -> Path:
        """The folder of the migrations."""
        if self.location:
            return Path(self.location)
        raise ConfigurationError(
            "sql_location is not set",
            f"set it to the folder of the migrations in the section [{self.section}]",
            place=self.place,
        )

    @property
    def place(self) -> str:
        """The file of the configuration, for errors."""
        return self.database.configured.place

    def target(self) -> Target:
        """The database; the embedded server is started when it is needed."""
        found = self.database.target()
        _log.debug("database: %s, from %s", found, found.source)
        return found


def read_project(
    name: str,
    arguments: Mapping[str, str],
    url: str,
    section: str = DEFAULT_SECTION,
    typed_as: str = "--url",
) -> Project:
    """Read the configuration.

    Args:
        name: its file; empty: alembic.ini or pyproject.toml here, or what ALEMBIC_CONFIG names.
        arguments: settings that the command line gives.
        url: what --url says, or nothing.
        section: of alembic.ini, as `alembic --name` has it; [tool.alembic] has none.
        typed_as: how that URL is given, for errors.

    Raises:
        ConfigurationError: when there is none, or it makes no sense.
    """
    given = Path(name or os.environ.get(_VARIABLE) or INI)
    ini = given.with_name(INI) if given.name == TOML else given
    toml = given.with_name(TOML)
    if not ini.is_file() and not toml.is_file():
        raise ConfigurationError(
            "there is no such file",
            "go to the project's folder, or name it with --config",
            place=str(given),
        )
    _log.debug("configuration: %s", display_path(ini if ini.is_file() else toml))
    written, hooks = _written(ini, toml, section)
    found = {name: value for name in _WANTED if (value := written.get(name)) is not None}
    chosen = read_settings(
        {option: found.get(option) for option in OPTIONS},
        arguments,
        written.place,
    )
    location, scripts = (found.get(key, "") for key in ("sql_location", "script_location"))
    scratch = ScratchSettings(*(found.get(key, "").strip() for key in _SCRATCH))
    folder = ini.absolute().parent
    database = DatabaseChoice(folder, read_database(written), url or None, typed_as)
    return Project(ini, toml, location, scripts, hooks, chosen, database, section, scratch)


def _written(ini: Path, toml: Path, section: str) -> tuple[WrittenOptions, bool]:
    """What is set; and whether there are hooks."""
    place = display_path(ini if ini.is_file() else toml)
    parser = configparser.ConfigParser({"here": ini.absolute().parent.as_posix()})
    try:
        parser.read([ini], encoding="locale")
        table = _table(toml)
    except (OSError, ValueError, configparser.Error) as error:
        raise ConfigurationError(f"cannot be read: {_in_short(error)}", place=place) from None
    if section != DEFAULT_SECTION and not parser.has_section(section):
        raise _no_section(ini, toml, section)
    here = {"here": toml.absolute().parent.as_posix()}
    has_hooks = parser.has_section(_HOOKS) or _HOOKS in table
    return WrittenOptions(parser, section, table, here, place), has_hooks


def _in_short(error: Exception) -> str:
    """What is wrong with a file, without its lines: they may hold a URL with its password."""
    match error:
        case configparser.MissingSectionHeaderError():
            return f"line {error.lineno} stands before the first [section]"
        case configparser.ParsingError():
            return f"line {error.errors[0][0]} is no `name = value`"
        case _:
            return " ".join(str(error).split())


def _no_section(ini: Path, toml: Path, section: str) -> ConfigurationError:
    if ini.is_file():
        what, place = f"there is no section [{section}]", display_path(ini)
        remedy = "write it, or name another with --name"
    else:
        what, place = f"[tool.alembic] has no sections, so none is [{section}]", display_path(toml)
        remedy = f"leave --name out, or write the section into {display_path(ini)}"
    return ConfigurationError(what, remedy, place=place)


def _table(toml: Path) -> dict[str, object]:
    """The table [tool.alembic]."""
    if not toml.is_file():
        return {}
    import tomllib  # noqa: PLC0415 - few projects are configured there

    with toml.open("rb") as file:
        table: dict[str, object] = tomllib.load(file).get("tool", {}).get("alembic", {})
    return table
