"""What options say, in words that show no value: that may be a URL with its password."""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    import configparser
    from collections.abc import Iterable, Mapping

_UNKNOWN_PERCENT = "a % that stands for nothing: write %% for a %, and %(name)s for another option"


def table_options(
    table: Mapping[str, object], here: Mapping[str, str], wanted: Iterable[str]
) -> dict[str, str]:
    """The options of [tool.alembic] that are wanted, as far as they are set, as texts.

    Args:
        table: of pyproject.toml; `sqlalchemy.url = ...` makes a table within it there.
        here: what its placeholders stand for.
        wanted: their names.

    Raises:
        ValueError: for a placeholder that stands for nothing.
    """
    found = {}
    for name in wanted:
        value: object = table
        for word in (name,) if name in table else name.split("."):
            value = value.get(word) if isinstance(value, dict) else None
        if isinstance(value, str | int):
            found[name] = _filled(name, value, here)
    return found


def _filled(name: str, value: str | int, here: Mapping[str, str]) -> str:
    try:
        return value % here if isinstance(value, str) else str(value)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{name} holds {_UNKNOWN_PERCENT}") from None


def describe_ini_error(error: configparser.Error) -> str:
    """What is wrong with alembic.ini, without the text of its lines."""
    import configparser  # noqa: PLC0415 - slow to load

    match error:
        case configparser.InterpolationError():
            return f"{error.option} holds {_UNKNOWN_PERCENT}"
        case configparser.MissingSectionHeaderError():
            return f"line {error.lineno} stands before the first [section]"
        case configparser.ParsingError():
            return f"line {error.errors[0][0]} is no `name = value`"
        case _:
            return " ".join(str(error).split())
