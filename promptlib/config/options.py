"""Options as they are written: in a section of alembic.ini, else in [tool.alembic]."""

from __future__ import annotations

import configparser
from collections.abc import Mapping

from promptlib.core.errors import ConfigurationError
from promptlib.core.light import NamedTuple


class WrittenOptions(NamedTuple):
    """What both files say, read already.

    Attributes:
        parser: of alembic.ini; empty, where there is none.
        section: of that.
        table: [tool.alembic]; empty, where there is none.
        here: what the %(...)s of the table stand for.
        place: the file, for errors.
    """

    parser: configparser.ConfigParser
    section: str
    table: Mapping[str, object]
    here: Mapping[str, str]
    place: str

    def get(self, name: str) -> str | None:
        """An option with its placeholders filled in; None where it is not set.

        Raises:
            ConfigurationError: without the value, which may be a URL with its password.
        """
        try:
            if self.parser.has_option(self.section, name):
                return self.parser.get(self.section, name)
            value = self._of_table(name)
            return value % self.here if isinstance(value, str) else value
        except (configparser.InterpolationError, KeyError, TypeError, ValueError):
            raise ConfigurationError(
                f"{name} holds a % that stands for nothing",
                "write %% for a %, and %(name)s for what another option says",
                place=self.place,
            ) from None

    def _of_table(self, name: str) -> str | None:
        """What the table says; `sqlalchemy.url = ...` makes tables within it there."""
        found: object = self.table
        for word in (name,) if name in self.table else name.split("."):
            found = found.get(word) if isinstance(found, Mapping) else None
        return str(found) if isinstance(found, str | int) else None
