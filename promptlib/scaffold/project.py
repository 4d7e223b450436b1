"""A new project: what of it a folder lacks, as files to write. Writes nothing itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

from promptlib.config.database import EMBEDDED_OPTION, TYPED, read_dotenv
from promptlib.config.project import DEFAULT_SECTION, INI, TOML, read_project
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.files.directory import survey_folder
from promptlib.files.file_set import FileChange
from promptlib.postgres.target import URL_VARIABLE
from promptlib.postgres.url import parse_url
from promptlib.scaffold.configuration import (
    SCRIPT_LOCATION,
    SQL_LOCATION,
    append_lines,
    configure,
    has_section,
    read_content,
)
from promptlib.scaffold.workflow import (
    read_template,
    workflow_path,
    workflow_remarks,
    workflow_text,
)

if TYPE_CHECKING:
    from promptlib.config.project import Project

_MODEL = re.compile(r"(?P<module>\w+(?:\.\w+)*):(?P<expression>(?P<name>\w+)(?:\.\w+)*)")
_IGNORED = (".env", ".promptlib/")
_LEDGER = "promptlib_migrations"  # an application may have a table of the usual name
_RUNS_OURS = "environment.run"


class WantedProject(NamedTuple):
    """What somebody wants of a project.

    Attributes:
        config: its configuration's file, alembic.ini or pyproject.toml, which may be there.
        section: of alembic.ini.
        sql: the folder of its migrations, seen from that of the configuration; empty: sql/.
        scripts: that of env.py; empty: alembic/.
        model: `package.module:name` of SQLAlchemy's metadata, or nothing.
        ci: one of CI_SYSTEMS, or nothing.
        embedded: whether a server of its own stands in for a DATABASE_URL that is not set.
        url: the database's, which .env shall have, or nothing.
        converts: whether migrations of plain Alembic, if there are some, are converted.
    """

    config: Path
    section: str
    sql: str = ""
    scripts: str = ""
    model: str = ""
    ci: str = ""
    embedded: bool = False
    url: str = ""
    converts: bool = False


class PlannedProject(NamedTuple):
    """What a folder lacks.

    Attributes:
        changes: the files to write.
        kept: those that are there already.
        sql: the folder of the migrations.
        remarks: what is left to somebody.
    """

    changes: list[FileChange]
    kept: list[Path]
    sql: Path
    remarks: list[str]


def choose_configuration(folder: Path) -> Path:
    """The file that a folder's project is configured in, or would be."""
    ini, toml = folder / INI, folder / TOML
    return toml if toml.is_file() and not ini.exists() else ini


def is_model(text: str) -> bool:
    """Whether a text names a model: `package.module:name`."""
    return bool(_MODEL.fullmatch(text))


def is_configured(wanted: WantedProject) -> bool:
    """Whether the configuration says already where migrations are."""
    found = _read(wanted)
    return bool(found and found.location)


def names_database(wanted: WantedProject) -> bool:
    """Whether anything says already which database is meant."""
    dotenv = wanted.config.parent / ".env"
    return bool(wanted.url or os.environ.get(URL_VARIABLE) or read_dotenv(str(dotenv)))


def plan_project(wanted: WantedProject) -> PlannedProject:
    """Say what a folder lacks to be the project that is wanted.

    Raises:
        ConfigurationError: where what is there stands in the way.
    """
    return _Plan(wanted).planned()


class _Plan:
    """The files of a project, one after the other.

    Args:
        wanted: what is.
    """

    def __init__(self, wanted: WantedProject) -> None:
        self.wanted = wanted
        self.found = _read(wanted)
        self.folder = wanted.config.parent
        self.changes: list[FileChange] = []
        self.kept: list[Path] = []
        self.remarks: list[str] = []

    def planned(self) -> PlannedProject:
        location, scripts = self._configuration()
        self._sql(location)
        if scripts:
            self._env(scripts)
        self._add(self.folder / ".env.example", read_template("env.example.txt"))
        self._database()
        self._ignored()
        if ci := self.wanted.ci:
            self._add(workflow_path(self.folder, ci), workflow_text(self.folder, ci))
            self.remarks.extend(workflow_remarks(self.folder, ci))
        return PlannedProject(self.changes, self.kept, location, self.remarks)

    def _add(self, path: Path, text: str, *, is_secret: bool = False) -> None:
        """Add a file, unless there is one."""
        if os.path.lexists(path):
            self.kept.append(path)
        else:
            self.changes.append(FileChange(path, text.encode(), is_secret=is_secret))

    def _configuration(self) -> tuple[Path, Path | None]:
        """Where migrations are, and env.py, in the project as it will be."""
        wanted, found = self.wanted, self.found
        if found and found.location:
            self._refuse_vain("--sql", wanted.sql)
            self._refuse_vain("--embedded", wanted.embedded)
        if found and found.scripts:
            self._refuse_vain("--scripts", wanted.scripts)
            self._refuse_revisions(Path(found.scripts))
        sql, scripts = wanted.sql or "sql", wanted.scripts or "alembic"
        if found and found.location:
            self.kept.append(wanted.config)
            return Path(found.location), _folder(found.scripts)
        settings = {
            SCRIPT_LOCATION: _from_here(scripts),
            SQL_LOCATION: _from_here(sql),
            "ledger_table": _LEDGER,
            **({EMBEDDED_OPTION: "true"} if wanted.embedded else {}),
            "prepend_sys_path": "%(here)s",
        }
        self.changes.append(configure(wanted.config, wanted.section, settings))
        is_there = bool(found and found.scripts)
        return self.folder / sql, _folder(found.scripts) if found and is_there else (
            self.folder / scripts
        )

    def _refuse_vain(self, option: str, value: object) -> None:
        """What the configuration says already is not said twice."""
        if value:
            raise ConfigurationError(
                f"this configures a project already, so {option} would change nothing",
                "change it there",
                place=display_path(self.wanted.config),
            )

    def _refuse_revisions(self, scripts: Path) -> None:
        """A project of plain Alembic would lose sight of its revisions."""
        there = sorted((scripts / "versions").glob("[!_]*.py"))
        is_plain = not (self.found and self.found.location)
        if there and is_plain and not self.wanted.converts:
            raise ConfigurationError(
                f"{len(there)} revisions of plain Alembic are there, which SQL files would hide",
                "promptlib init --from alembic converts them",
                place=display_path(scripts / "versions"),
            )

    def _sql(self, location: Path) -> None:
        if location.exists() and not location.is_dir():
            raise ConfigurationError(
                "this is no folder, where the migrations shall be",
                "name another with --sql",
                place=display_path(location),
            )
        if not location.is_dir():
            self._add(location / ".gitkeep", "")
        elif broken := survey_folder(location)[1]:
            first, *others = (each.place for each in broken)
            more = f" and {len(others)} more" if others else ""
            raise ConfigurationError(
                f"not only migrations are there: {first}{more}",
                "name another folder with --sql; --from TOOL converts another tool's",
                place=display_path(location),
            )

    def _env(self, scripts: Path) -> None:
        path, model = scripts / "env.py", _MODEL.fullmatch(self.wanted.model)
        if scripts.exists() and not scripts.is_dir():
            raise ConfigurationError(
                "this is no folder, where env.py shall be",
                "name another with --scripts",
                place=display_path(scripts),
            )
        text = read_template("env_with_model.py.txt" if model else "env.py.txt")
        for name, value in model.groupdict().items() if model else ():
            text = text.replace(f"@{name.upper()}@", value)
        self._add(path, text)
        if path in self.kept and (model or _RUNS_OURS not in path.read_text("utf-8", "replace")):
            model_too = ", metadata" if model else ""
            self.remarks.append(
                f"{display_path(path)} stays as it is; Alembic's own commands need it to end: "
                f"from promptlib import environment; environment.run(context{model_too})"
            )

    def _database(self) -> None:
        """Put the URL that was given where only its owner sees it."""
        url, path = self.wanted.url, self.folder / ".env"
        known = read_dotenv(str(path))
        if not url:
            if not (known or os.environ.get(URL_VARIABLE) or self._names_database()):
                self.remarks.append(
                    f"set {URL_VARIABLE}, or write it into .env, as .env.example shows"
                )
            return
        parse_url(url, "--url", TYPED)
        line = "{}='{}'\n".format(URL_VARIABLE, url.replace("'", "%27"))
        if known:
            raise ConfigurationError(
                f"it has a {URL_VARIABLE} already",
                "change that, or leave --url out",
                place=display_path(path),
            )
        before = read_content(path)
        after = append_lines(before or b"", line)
        self.changes.append(FileChange(path, after, before, is_secret=True))

    def _names_database(self) -> bool:
        """Whether the configuration says which database is meant."""
        said = self.found.database.configured if self.found else None
        return self.wanted.embedded or bool(said and (said.embedded or said.url))

    def _ignored(self) -> None:
        path = self.folder / ".gitignore"
        before = read_content(path)
        there = {line.strip().strip(b"/") for line in (before or b"").splitlines()}
        lacking = [each for each in _IGNORED if each.encode().strip(b"/") not in there]
        if lacking:
            text = "".join(f"{each}\n" for each in lacking)
            self.changes.append(FileChange(path, append_lines(before or b"", text), before))
        else:
            self.kept.append(path)


def _read(wanted: WantedProject) -> Project | None:
    """The project as it is configured, or nothing."""
    path, section = wanted.config, wanted.section
    if read_content(path) is None or (
        section != DEFAULT_SECTION and not has_section(path, section)
    ):
        return None
    return read_project(str(path), {}, "", section)


def _folder(scripts: str) -> Path | None:
    """The folder of env.py; of one in a package only Alembic knows where it is."""
    return Path(scripts) if scripts and (":" not in scripts or Path(scripts).is_dir()) else None


def _from_here(folder: str) -> str:
    """A folder as the configuration has it: seen from its own."""
    escaped = Path(folder).as_posix().replace("%", "%%")
    return escaped if Path(folder).is_absolute() else f"%(here)s/{escaped}"
