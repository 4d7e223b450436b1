"""alembic.ini, or [tool.alembic] of pyproject.toml, read as Alembic reads them, but without it."""

from __future__ import annotations

import configparser
import logging
import os
from pathlib import Path

from promptlib.config.settings import OPTIONS, read_settings
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.postgres.target import EMBEDDED_SOURCE, Target, find_target, parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promptlib.config.settings import Settings

_log = logging.getLogger(__name__)
INI, TOML = "alembic.ini", "pyproject.toml"
_VARIABLE = "ALEMBIC_CONFIG"  # as for Alembic's own command
DEFAULT_SECTION = "alembic"  # the same
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
        url: what --url says, or nothing.
        section: the section of alembic.ini that was read.
        scratch: where migrations are tried.
    """

    ini: Path
    toml: Path
    location: str
    scripts: str
    hooks: bool
    settings: Settings
    url: str
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
            place=display_path(self.ini if self.ini.is_file() else self.toml),
        )

    def target(self) -> Target:
        """The database; the embedded server is started when it is needed."""
        found = parse_url(self.url, "--url") if self.url else find_target(self.folder)
        _log.debug("database: %s, from %s", found, found.source)
        return found

    def embedded(self) -> Target:
        """A database of the embedded server, which is started when need be, whatever is set."""
        from promptlib.postgres.embedded import start_embedded  # noqa: PLC0415

        return Target(start_embedded(self.folder, asked=True), EMBEDDED_SOURCE)


def read_project(
    name: str, arguments: Mapping[str, str], url: str, section: str = DEFAULT_SECTION
) -> Project:
    """Read the configuration.

    Args:
        name: its file; empty: alembic.ini or pyproject.toml here, or what ALEMBIC_CONFIG names.
        arguments: settings that the command line gives.
        url: what --url says, or nothing.
        section: of alembic.ini, as `alembic --name` has it; [tool.alembic] has none.

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
    found, hooks = _options(ini, toml, section)
    chosen = read_settings(
        {option: found.get(option) for option in OPTIONS},
        arguments,
        display_path(ini if ini.is_file() else toml),
    )
    location, scripts = (found.get(key, "") for key in ("sql_location", "script_location"))
    scratch = ScratchSettings(*(found.get(key, "").strip() for key in _SCRATCH))
    return Project(ini, toml, location, scripts, hooks, chosen, url, section, scratch)


def _options(ini: Path, toml: Path, section: str) -> tuple[dict[str, str], bool]:
    """What is set, with the placeholders filled in; and whether there are hooks."""
    try:
        parser = configparser.ConfigParser({"here": ini.absolute().parent.as_posix()})
        parser.read([ini], encoding="locale")
        table = _table(toml)
        here = {"here": toml.absolute().parent.as_posix()}
        found = {key: value % here for key in _WANTED if isinstance(value := table.get(key), str)}
        if parser.has_section(section):
            wanted = [key for key in _WANTED if parser.has_option(section, key)]
            found |= {key: parser.get(section, key) for key in wanted}
    except (OSError, ValueError, KeyError, TypeError, configparser.Error) as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(
            f"cannot be read: {said}", place=display_path(ini if ini.is_file() else toml)
        ) from None
    if section != DEFAULT_SECTION and not parser.has_section(section):
        raise _no_section(ini, toml, section)
    return found, parser.has_section(_HOOKS) or _HOOKS in table


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
