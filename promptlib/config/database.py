"""Which database is meant: a URL that was typed, sqlalchemy.url, DATABASE_URL, the embedded server.

The same for `promptlib`, `alembic` and programs. Two answers are no answer: where the configuration
and DATABASE_URL name different databases, who looks is told, and nobody deploys.
"""

from __future__ import annotations

import io
import os
import re

from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING, NamedTuple
from promptlib.core.logs import Log
from promptlib.postgres.target import EMBEDDED_SOURCE, URL_VARIABLE, Target
from promptlib.postgres.url import URL_FORM, parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = Log(__name__)
DATABASE_OPTIONS = URL_OPTION, EMBEDDED_OPTION = "sqlalchemy.url", "embedded"
TYPED = "the URL"  # what a URL is called that has no other name
_FORMS = {"--url": "--url URL", "-x url": "-x url=URL", "url": "url=..."}
_ENVIRONMENT = "the environment"
_LOOK = "the first is looked at, and nothing deploys until one of them is taken out"
# What Alembic's templates begin with: it names nothing, and nobody can mean it.
_PLACEHOLDER = r"driver://user:pass@localhost/dbname\d*"
_VARIABLE = r"\$\{\w+\}|\$\(\w+\)|\{\{.*\}\}"
_ASSIGNED = rf"(?m)^\s*(export\s+)?{URL_VARIABLE}\b[ \t]*\S"
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0", "")


class ConfiguredDatabase(NamedTuple):
    """What a configuration says of the database.

    Attributes:
        url: sqlalchemy.url; None where it is not set, or as Alembic's templates have it.
        embedded: whether the project asks for the embedded server.
        place: where that is written, for errors.
    """

    url: str | None = None
    embedded: bool = False
    place: str = ""

    def target(self) -> Target | None:
        """The database of sqlalchemy.url, if that is set.

        Raises:
            ConfigurationError: when it is no URL that can be used.
        """
        if self.url is None:
            return None
        if re.search(_VARIABLE, self.url):
            raise ConfigurationError(
                f"{URL_OPTION} holds a variable, which nobody fills in",
                f"remove the line and set {URL_VARIABLE}, or set it in code",
                place=self.place,
            )
        return parse_url(self.url.strip(), self.place, URL_OPTION)


class DatabaseChoice(NamedTuple):
    """What there is to choose a database from.

    Attributes:
        folder: of alembic.ini, where .env and .promptlib/ are.
        configured: what the configuration says.
        typed: the URL that was given for this run, which wins; None: none was.
        typed_as: how that is given: `--url`, `-x url`, `url`, or what else says it.
    """

    folder: str
    configured: ConfiguredDatabase
    typed: str | None = None
    typed_as: str = "--url"

    def target(self) -> Target:
        """The database; the embedded server is started when it is needed.

        Raises:
            ConfigurationError: for a URL that cannot be used, and where nothing names a database.
            MissingExtraError: when the embedded server is wanted, and not installed.
            ProgramError: when that does not start.
        """
        if self.typed is not None:
            return parse_url(self.typed.strip(), self.typed_as, TYPED)
        if trouble := self._disagreement(_LOOK):
            _log.warning("%s", trouble)
        found = self.configured.target() or self._of_variable()
        if not found and not self.configured.embedded:
            raise self._nothing_found()
        return found or self.embedded(asked=False)

    def embedded(self, *, asked: bool = True) -> Target:
        """A database of the embedded server, which is started when need be.

        Args:
            asked: whether somebody has asked for it by name.
        """
        from pathlib import Path  # noqa: PLC0415 - slow to load

        from promptlib.postgres.embedded import start_embedded  # noqa: PLC0415 - rarely needed

        return Target(start_embedded(Path(self.folder), asked=asked), EMBEDDED_SOURCE)

    def require_agreement(self) -> None:
        """Refuse to change a database where two are named.

        Raises:
            ConfigurationError: naming both.
        """
        form = _FORMS.get(self.typed_as, self.typed_as)
        if trouble := self._disagreement(f"take one out, or say which is meant: {form}"):
            raise trouble

    def _disagreement(self, remedy: str) -> ConfigurationError | None:
        """What is wrong where sqlalchemy.url and DATABASE_URL name two databases."""
        written = self.configured.target() if self.typed is None else None
        other = self._of_variable() if written else None
        if not written or not other or other.is_same_as(written):
            return None
        return ConfigurationError(
            f"{URL_OPTION} is {written}, and {URL_VARIABLE} of {other.source} is {other}",
            remedy,
            place=self.configured.place,
        )

    def _of_variable(self) -> Target | None:
        """The database of DATABASE_URL, in the environment or in .env, if that is set."""
        url, source = os.environ.get(URL_VARIABLE), _ENVIRONMENT
        if url is None:
            dotenv = os.path.join(self.folder, ".env")
            url, source = read_dotenv(dotenv), display_path(dotenv)
        return None if url is None else parse_url(url.strip(), source)

    def _nothing_found(self) -> ConfigurationError:
        return ConfigurationError(
            f"no database: neither {URL_VARIABLE} nor {URL_OPTION} is set",
            f"set {URL_VARIABLE}, in the environment or in .env: {URL_FORM}; or, for a server of "
            f"the project's own, write {EMBEDDED_OPTION} = true into the configuration",
            place=self.configured.place,
        )


def read_database(options: Mapping[str, str], place: str) -> ConfiguredDatabase:
    """What a configuration says of the database.

    Args:
        options: those of DATABASE_OPTIONS that are set.
        place: the file, for errors.

    Raises:
        ConfigurationError: for what makes no sense.
    """
    url, asked = options.get(URL_OPTION), options.get(EMBEDDED_OPTION, "").strip()
    if asked.lower() not in (*_TRUE, *_FALSE):
        what = f"{EMBEDDED_OPTION} cannot be {asked!r}"
        raise ConfigurationError(what, "write true or false", place=place)
    is_meant = url is not None and not re.fullmatch(_PLACEHOLDER, url.strip())
    return ConfiguredDatabase(url if is_meant else None, asked.lower() in _TRUE, place)


def read_dotenv(path: str) -> str | None:
    """The DATABASE_URL of a .env file; None, where there is none."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(
            f"{error.strerror}", "make it readable", place=display_path(path)
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            "is not UTF-8", "save it as UTF-8", place=display_path(path)
        ) from None
    from dotenv import dotenv_values  # noqa: PLC0415 - many projects have none

    values = dotenv_values(stream=io.StringIO(text))
    if values.get(URL_VARIABLE) is None and re.search(_ASSIGNED, text):
        raise ConfigurationError(  # a line without meaning must not pass as none
            f"{URL_VARIABLE} cannot be read",
            f"write {URL_VARIABLE}='postgresql://...'",
            place=display_path(path),
        )
    return (values[URL_VARIABLE] or "") if URL_VARIABLE in values else None
