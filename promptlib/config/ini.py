"""alembic.ini, as the standard library's configparser reads it, which is slow to load.

A file of plain lines, as nearly all are, is read here. Whatever else a line may be (a value that
goes on, one that names another, a mistake) is configparser's.
"""

from __future__ import annotations

from promptlib.config.options import describe_ini_error
from promptlib.core.light import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_COMMENTS = ("#", ";")
_HERE, _DEFAULT = "%(here)s", "DEFAULT"


class IniFile(NamedTuple):
    """What is in such a file.

    Attributes:
        sections: their names.
        options: those of the one that was asked for.
    """

    sections: set[str]
    options: dict[str, str]


def read_ini(text: str, source: str, here: str, section: str, wanted: Iterable[str]) -> IniFile:
    """Read the options of a section that are wanted, as far as they are set.

    Args:
        text: of the file.
        source: its name, for errors.
        here: what `%(here)s` stands for.
        section: the name of the section.
        wanted: the names of options.

    Raises:
        ValueError: for what cannot be read.
    """
    plain = _plain_sections(text)
    if plain is not None and section != _DEFAULT:
        options = plain.get(section, {})
        found = {name: options[name] for name in wanted if name in options}
        others = "".join(found.values()).replace(_HERE, "")
        if "%" not in others + here and "here" not in options:
            filled = {name: value.replace(_HERE, here) for name, value in found.items()}
            return IniFile({*plain}, filled)
    return _parsed(text, source, here, section, wanted)


def _parsed(text: str, source: str, here: str, section: str, wanted: Iterable[str]) -> IniFile:
    import configparser  # noqa: PLC0415 - rarely needed

    parser = configparser.ConfigParser({"here": here})
    try:
        parser.read_string(text, source)
        there = wanted if parser.has_section(section) else ()
        options = {
            name: parser.get(section, name) for name in there if parser.has_option(section, name)
        }
    except configparser.Error as error:
        raise ValueError(describe_ini_error(error)) from None
    return IniFile({*parser.sections()}, options)


def _plain_sections(text: str) -> dict[str, dict[str, str]] | None:
    """The options of each section, where every line is plain; else None."""
    found: dict[str, dict[str, str]] = {}
    options: dict[str, str] | None = None
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped or stripped.startswith(_COMMENTS):
            continue
        if line[0] == "[":
            name = stripped[1:-1]
            if stripped[-1] != "]" or not name or "]" in name or name in (_DEFAULT, *found):
                return None
            options = found[name] = {}
            continue
        at = min((line.find(each) for each in "=:" if each in line), default=0)
        name = line[:at].rstrip().lower()
        if options is None or not name or line[0].isspace() or name in options:
            return None
        options[name] = line[at + 1 :].strip()
    return found
