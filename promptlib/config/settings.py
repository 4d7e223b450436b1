"""How a deploy behaves: the options of [alembic] in alembic.ini, which -x overrides."""

from __future__ import annotations

import re

from promptlib.core.durations import is_duration
from promptlib.core.errors import ConfigurationError
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALLOW_DATA_LOSS = "promptlib.allow_data_loss"
_MOST_ATTEMPTS = 1000
_LONGEST_NAME = 40  # of 63 characters


class Settings(NamedTuple):
    """How a deploy behaves.

    Attributes:
        lock_timeout: how long a statement waits for a lock, as PostgreSQL writes it; 0: for ever.
        lock_attempts: how often a section is begun when locks, deadlocks or conflicts stop it.
        statement_timeout: how long a statement may take; empty: what the server says.
        deploy_wait: how long to wait for another deploy.
        late_migrations: `refuse`, or `apply` to run late migrations before the others.
        version_table_schema: where alembic_version and the ledger are; empty: by search_path.
        ledger_table: what the ledger's first table is called; the others begin with that.
        schema_file: what a deploy writes the schema to, as a path from here; empty: nothing.
        allow_data_loss: `on` lets a DOWN section delete rows that no migration made.
        kept_down: `run` lets DOWN sections run that only the ledger has; `refuse` shows them.
        rerunnable: versions, each of whose statements may run again where nobody knows whether it
            took effect.
        rerun: the version whose statement is to run again that a deploy has asked about.
        skip: the version whose statement took effect that a deploy has asked about.
    """

    lock_timeout: str = "5s"
    lock_attempts: str = "10"
    statement_timeout: str = ""
    deploy_wait: str = "10min"
    late_migrations: str = "refuse"
    version_table_schema: str = ""
    ledger_table: str = "migrations"
    schema_file: str = ""
    allow_data_loss: str = "off"
    kept_down: str = "refuse"
    rerunnable: str = ""
    rerun: str = ""
    skip: str = ""

    @property
    def runs_kept_down(self) -> bool:
        """Whether DOWN sections run that only the ledger has."""
        return self.kept_down == "run"

    @property
    def applies_late(self) -> bool:
        """Whether late migrations run."""
        return self.late_migrations == "apply"

    @property
    def attempts(self) -> int:
        """How often a section is begun."""
        return int(self.lock_attempts)

    @property
    def ledger(self) -> tuple[str, str]:
        """The schema of the ledger, and the name of its first table."""
        return self.version_table_schema, self.ledger_table

    def answers(self, name: str, version: str) -> bool:
        """Whether `rerun`, `skip` or `rerunnable` names a version; the first two may shorten it."""
        given: str = getattr(self, name)
        if name == "rerunnable":
            return version in given.split()
        return bool(given) and version.startswith(given)

    def of_section(self, own: Mapping[str, str]) -> dict[str, str]:
        """The PostgreSQL settings that a section runs with.

        Args:
            own: what the section itself asks for, which wins.
        """
        loss = {ALLOW_DATA_LOSS: "on"} if self.allow_data_loss == "on" else {}
        limit = {"statement_timeout": self.statement_timeout} if self.statement_timeout else {}
        return {"lock_timeout": self.lock_timeout, **limit, **loss, **own}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_ATTEMPTS


def _is_table(text: str) -> bool:
    """Whether the ledger may be called so: tables and an index get longer names of it."""
    is_name = re.fullmatch(f"[a-z_][a-z0-9_]{{0,{_LONGEST_NAME - 1}}}", text)
    return bool(is_name) and text != "alembic_version"


def _are_versions(text: str) -> bool:
    return all(re.fullmatch("[0-9]{14}", each) for each in text.split())


def _is_version(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit())


_SCHEMA_FILE = "schema_file"
# What each may be, and how to write it.
_ALLOWED: dict[str, tuple[Callable[[str], bool], str]] = {
    "lock_timeout": (is_duration, "a time like 500ms, 5s or 1min"),
    "lock_attempts": (_is_count, f"a number from 1 to {_MOST_ATTEMPTS}"),
    "statement_timeout": (lambda text: not text or is_duration(text), "a time like 30s or 10min"),
    "deploy_wait": (is_duration, "a time like 30s, 10min or 1h"),
    "late_migrations": ({"refuse", "apply"}.__contains__, "refuse or apply"),
    "version_table_schema": (lambda _: True, ""),
    "ledger_table": (_is_table, f"a name of a-z, 0-9 and _, of at most {_LONGEST_NAME} characters"),
    _SCHEMA_FILE: (lambda _: True, ""),
    "rerunnable": (_are_versions, "versions of 14 digits, with a space between"),
}
OPTIONS = tuple(_ALLOWED)
# By -x alone, and not in the configuration.
_BY_HAND: dict[str, tuple[Callable[[str], bool], str]] = {
    "allow_data_loss": ({"on", "off"}.__contains__, "on or off"),
    "kept_down": ({"refuse", "run"}.__contains__, "refuse or run"),
    **dict.fromkeys(("rerun", "skip"), (_is_version, "a version, or how it begins")),
}
_SHORT = {"late": "late_migrations"}


def read_settings(
    options: Mapping[str, str | None], arguments: Mapping[str, str], source: str
) -> Settings:
    """Put the settings together.

    Args:
        options: of the section [alembic]; None for one that is not there.
        arguments: what -x says, which wins; names that are not ours are left to others.
        source: the configuration's file, for errors.

    Raises:
        ConfigurationError: for a value that its setting cannot have.
    """
    values = {name: _checked(name, value, name, source) for name, value in options.items() if value}
    for given, value in arguments.items():
        name = _SHORT.get(given, given)
        if name in _ALLOWED or name in _BY_HAND:
            values[name] = _checked(name, value, f"-x {given}", "")
    if file := values.get(_SCHEMA_FILE):  # it is where the configuration is, or it says where
        from pathlib import Path  # noqa: PLC0415 - few projects have one

        values[_SCHEMA_FILE] = str(Path(source).parent / file)
    return Settings(**values)


def _checked(name: str, value: str, shown: str, place: str) -> str:
    is_allowed, form = {**_ALLOWED, **_BY_HAND}[name]
    value = value.strip()
    if is_allowed(value):
        return value
    raise ConfigurationError(f"{shown} cannot be {value!r}", f"write {form}", place=place)


def override_settings(settings: Settings, chosen: Mapping[str, str]) -> Settings:
    """The settings with others in their place, by name.

    Raises:
        ConfigurationError: for a name that is none, or a value that its setting cannot have.
    """
    for name in chosen:
        if name not in Settings._fields:
            allowed = ", ".join(Settings._fields)
            raise ConfigurationError(f"there is no setting {name!r}", f"choose among {allowed}")
    values = {name: _checked(name, str(chosen[name]), name, "") for name in chosen}
    return settings._replace(**values)
