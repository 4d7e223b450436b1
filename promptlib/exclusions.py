"""[tool.promptlib.lint] of pyproject.toml: which rules do not fit, and why."""

from __future__ import annotations

import fnmatch
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from promptlib.errors import PromptlibError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promptlib.violations import Violation

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

    def cover(self, violation: Violation) -> bool:
        """Whether the rule does not fit the file that breaks it."""
        return violation.rule in self.exclude or any(
            violation.rule in excluded and fnmatch.fnmatchcase(violation.path.name, pattern)
            for pattern, excluded in self.per_file.items()
        )


def read(path: Path) -> Exclusions:
    """Read them; none, where there is no such file or table.

    Args:
        path: of pyproject.toml.

    Raises:
        PromptlibError: when it makes no sense, or an exclusion has no reason.
    """
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise PromptlibError(f"cannot be read: {error}", place=shown(path)) from None
    for name in _TABLES:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    try:
        return _checked(found)
    except PromptlibError as error:
        raise PromptlibError(error.what, error.remedy, place=shown(path)) from None


def _checked(table: dict[str, Any]) -> Exclusions:
    for name in table:
        if name not in _KEYS:
            raise PromptlibError(f"{_NAME} has no option {name}", f"it has {', '.join(_KEYS)}")
    exclude, per_file = table.get(_EXCLUDE, {}), table.get(_PER_FILE, {})
    include = table.get(_INCLUDE, [])
    _check_reasons(_EXCLUDE, exclude)
    for pattern, excluded in per_file.items():
        _check_reasons(f"{_PER_FILE}.{pattern}", excluded)
    return Exclusions(exclude, per_file, include)


def _check_reasons(name: str, excluded: dict[str, Any]) -> None:
    for rule, reason in excluded.items():
        if not isinstance(reason, str) or not reason.strip():
            raise PromptlibError(
                f"{name} of {_NAME} gives no reason for {rule}", f'write {rule} = "the reason"'
            )
