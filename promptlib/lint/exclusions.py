"""[tool.promptlib.lint] of pyproject.toml: which rules do not fit, and why."""

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
_EXCLUDE, _PER_FILE, _INCLUDE = _KEYS = ("exclude", "per-file-exclude", "include")
_NAME = f"[{'.'.join(_TABLES)}]"


class Exclusions(NamedTuple):
    """Which rules do not fit.

    Attributes:
        exclude: rules, each with the reason.
        per_file: the same, by the names of the files that they do not fit, as shell patterns.
        include: rules that squawk leaves out unless they are asked for.
    """

    exclude: Mapping[str, str]
    per_file: Mapping[str, Mapping[str, str]]
    include: Sequence[str]

    def covers(self, violation: Violation) -> bool:
        """Whether the rule does not fit the file that breaks it."""
        return violation.rule in self.exclude or any(
            violation.rule in excluded and fnmatch.fnmatchcase(violation.path.name, pattern)
            for pattern, excluded in self.per_file.items()
        )


def read_exclusions(path: Path) -> Exclusions:
    """Read them; none, where there is no such file or table.

    Args:
        path: of pyproject.toml.

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
        return _read_options(found)
    except ConfigurationError as error:
        raise error.but(place=display_path(path)) from None


def _read_options(table: object) -> Exclusions:
    options = _require_table(table, _NAME)
    for name in options:
        if name not in _KEYS:
            raise ConfigurationError(f"{_NAME} has no option {name}", f"it has {', '.join(_KEYS)}")
    include = options.get(_INCLUDE, [])
    if not isinstance(include, list):
        raise ConfigurationError(
            f"{_INCLUDE} of {_NAME} is no list", f'write {_INCLUDE} = ["a-rule"]'
        )
    per_file = _require_table(options.get(_PER_FILE, {}), f"{_PER_FILE} of {_NAME}")
    return Exclusions(
        _require_reasons(options.get(_EXCLUDE, {}), f"{_EXCLUDE} of {_NAME}"),
        {
            name: _require_reasons(each, f"{_PER_FILE}.{name} of {_NAME}")
            for name, each in per_file.items()
        },
        include,
    )


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
