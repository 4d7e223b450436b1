"""[tool.promptlib.lint] of pyproject.toml: which rules do not fit and why, and others."""

from __future__ import annotations

import fnmatch
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from promptlib.core.errors import ConfigurationError, display_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promptlib.lint.violations import Violation

_TABLES = ("tool", "promptlib", "lint")
_EXCLUDE, _PER_FILE, _INCLUDE, _BUSY = _KEYS = (
    *("exclude", "per-file-exclude", "include", "busy-tables"),
)
_NAME = f"[{'.'.join(_TABLES)}]"


class LintConfiguration(NamedTuple):
    """What a project says of the rules.

    Attributes:
        exclude: rules that do not fit, each with the reason.
        per_file: the same, by the names of the files that they do not fit, as shell patterns.
        include: rules that are left out unless they are asked for.
        busy_tables: those of which one transaction locks no two, as shell patterns.
        rerunnable: versions of migrations whose statements may run again; alembic.ini says which.
    """

    exclude: Mapping[str, str] = {}
    per_file: Mapping[str, Mapping[str, str]] = {}
    include: Sequence[str] = ()
    busy_tables: Sequence[str] = ()
    rerunnable: Sequence[str] = ()

    def excludes(self, violation: Violation) -> bool:
        """Whether the rule does not fit the file that breaks it."""
        return violation.rule in self.exclude or any(
            violation.rule in excluded and fnmatch.fnmatchcase(violation.path.name, pattern)
            for pattern, excluded in self.per_file.items()
        )


def read_configuration(path: Path, rerunnable: Sequence[str] = ()) -> LintConfiguration:
    """Read it; an empty one, where there is no such file or table.

    Args:
        path: of pyproject.toml.
        rerunnable: what alembic.ini says of migrations.

    Raises:
        ConfigurationError: when it makes no sense, or an exclusion has no reason.
    """
    try:
        found: object = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"cannot be read: {error}", place=display_path(path)) from None
    for name in _TABLES:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    try:
        return _read_options(found)._replace(rerunnable=rerunnable)
    except ConfigurationError as error:
        raise error.but(place=display_path(path)) from None


def _read_options(table: object) -> LintConfiguration:
    options = _require_table(table, _NAME)
    for name in options:
        if name not in _KEYS:
            raise ConfigurationError(f"{_NAME} has no option {name}", f"it has {', '.join(_KEYS)}")
    per_file = _require_table(options.get(_PER_FILE, {}), f"{_PER_FILE} of {_NAME}")
    return LintConfiguration(
        _require_reasons(options.get(_EXCLUDE, {}), f"{_EXCLUDE} of {_NAME}"),
        {
            name: _require_reasons(each, f"{_PER_FILE}.{name} of {_NAME}")
            for name, each in per_file.items()
        },
        _require_list(options.get(_INCLUDE, []), _INCLUDE, "a-rule"),
        _require_list(options.get(_BUSY, []), _BUSY, "orders"),
    )


def _require_list(found: object, name: str, example: str) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ConfigurationError(f"{name} of {_NAME} is no list", f'write {name} = ["{example}"]')
    return found


def _require_table(found: object, name: str) -> dict[str, object]:
    if not isinstance(found, dict):
        raise ConfigurationError(f"{name} is no table", 'write a-rule = "the reason" in it')
    return found


def _require_reasons(found: object, name: str) -> dict[str, str]:
    """Rules with reasons."""
    reasons = {}
    for rule, reason in _require_table(found, name).items():
        if not isinstance(reason, str) or not reason.strip():
            raise ConfigurationError(f"{name} gives no reason for {rule}", f'write {rule} = "why"')
        reasons[rule] = reason
    return reasons
