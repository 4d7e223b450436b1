"""alembic.ini, or [tool.alembic] of pyproject.toml, read as Alembic reads them, but without it."""

from __future__ import annotations

import os

from promptlib.config.database import DATABASE_OPTIONS, DatabaseChoice, read_database
from promptlib.config.ini import read_ini
from promptlib.config.options import table_options
from promptlib.config.packaged import packaged_path
from promptlib.config.settings import OPTIONS, read_settings
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promptlib.config.settings import Settings
    from promptlib.postgres.target import Target

_log = Log(__name__)
INI, TOML = "alembic.ini", "pyproject.toml"
_VARIABLE = "ALEMBIC_CONFIG"  # as for Alembic's own command
DEFAULT_SECTION = "alembic"  # the same
BY_PROGRAM = "url"  # how a program names a database
_HOOKS = "post_write_hooks"
# How the table of ours may be named: with spaces and quotes between.
_TABLES = ("tool.alembic", "[tool]", "tool={")
_SPACING = dict.fromkeys(map(ord, " \t'\""))
_SCRATCH = ("scratch", "scratch_template", "scratch_setup")
_WANTED = (*OPTIONS, "sql_location", "script_location", *_SCRATCH, *DATABASE_OPTIONS)


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
        ini_name: the path of alembic.ini, which need not be there.
        toml_name: that of pyproject.toml, likewise.
        location: the folder of the migrations, or nothing.
        scripts: the folder of env.py and script.sql.mako, as it is written.
        hooks: whether something is to run when a migration's file was written.
        settings: how a deploy behaves.
        database: what there is to choose a database from.
        section: the section of alembic.ini that was read.
        scratch: where migrations are tried.
    """

    ini_name: str
    toml_name: str
    location: str
    scripts: str
    hooks: bool
    settings: Settings
    database: DatabaseChoice
    section: str = DEFAULT_SECTION
    scratch: ScratchSettings = ScratchSettings()

    @property
    def ini(self) -> Path:
        """The path of alembic.ini, which need not be there."""
        return _path(self.ini_name)

    @property
    def toml(self) -> Path:
        """The path of pyproject.toml, likewise."""
        return _path(self.toml_name)

    @property
    def folder(self) -> Path:
        """Where .env and .promptlib/ are."""
        return _path(_folder_of(self.ini_name))

    @property
    def sql(self) -> Path:
        """The folder of the migrations."""
        return _path(self.sql_name)

    @property
    def sql_name(self) -> str:
        """The same, as it is written."""
        if self.location:
            return self.location
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
        name: its file, perhaps `package:alembic.ini`; empty: alembic.ini or pyproject.toml here, or
            what ALEMBIC_CONFIG names.
        arguments: settings that the command line gives.
        url: what --url says, or nothing.
        section: of alembic.ini, as `alembic --name` has it; [tool.alembic] has none.
        typed_as: how that URL is given, for errors.

    Raises:
        ConfigurationError: when there is none, or it makes no sense.
    """
    given = packaged_path(name or os.environ.get(_VARIABLE) or INI)
    folder, file = os.path.split(given)
    ini = os.path.join(folder, INI) if file == TOML else given
    toml = os.path.join(folder, TOML)
    ini_text, toml_text = _content(ini), _content(toml)
    if ini_text is None and toml_text is None:
        raise ConfigurationError(
            "there is no such file",
            "go to the project's folder, or name it with --config; promptlib init makes one",
            place=given,
        )
    place = display_path(toml if ini_text is None else ini)
    _log.debug("configuration: %s", place)
    try:
        there = read_ini(ini_text or "", ini, _folder_of(ini), section, _WANTED)
        table = _table(toml_text or "")
        found = table_options(table, {"here": _folder_of(toml)}, _WANTED)
    except ValueError as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(f"cannot be read: {said}", place=place) from None
    if section not in (DEFAULT_SECTION, *there.sections):
        raise _no_section(ini, toml, section, has_ini=ini_text is not None)
    found |= there.options
    values = {option: found.get(option) for option in OPTIONS}
    return Project(
        ini,
        toml,
        packaged_path(found.get("sql_location", ""), place),
        found.get("script_location", ""),
        _HOOKS in there.sections or _HOOKS in table,
        read_settings(values, arguments, place),
        DatabaseChoice(_folder_of(ini), read_database(found, place), url or None, typed_as),
        section,
        ScratchSettings(*(found.get(key, "").strip() for key in _SCRATCH)),
    )


def _path(name: str) -> Path:
    from pathlib import Path  # noqa: PLC0415 - who only looks does without

    return Path(name)


def _folder_of(name: str) -> str:
    """The absolute folder of a file, as Alembic's `%(here)s` has it."""
    absolute = name if os.path.isabs(name) else os.path.join(os.getcwd(), name)
    folder = os.path.dirname(absolute)
    return folder.replace("/./", "/").removesuffix("/.")


def _content(name: str) -> str | None:
    """The text of a file, if it is there."""
    try:
        with open(name, encoding="utf-8" if name.endswith(TOML) else "locale") as file:
            return file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        said = error.strerror
    except UnicodeDecodeError as error:
        said = str(error)
    raise ConfigurationError(f"cannot be read: {said}", place=display_path(name))


def _no_section(ini: str, toml: str, section: str, *, has_ini: bool) -> ConfigurationError:
    if has_ini:
        what, place = f"there is no section [{section}]", display_path(ini)
        remedy = "write it, or name another with --name"
    else:
        what, place = f"[tool.alembic] has no sections, so none is [{section}]", display_path(toml)
        remedy = f"leave --name out, or write the section into {display_path(ini)}"
    return ConfigurationError(what, remedy, place=place)


def _table(text: str) -> dict[str, object]:
    """The table [tool.alembic]."""
    bare = text.translate(_SPACING)
    if not any(each in bare for each in _TABLES):
        return {}
    import tomllib  # noqa: PLC0415 - few projects are configured there

    table: dict[str, object] = tomllib.loads(text).get("tool", {}).get("alembic", {})
    return table
