"""The configuration of a new project: alembic.ini, or a table of a pyproject.toml that is there.

Of a file that is there every byte stays: a section is put behind them, or a few lines into it.
"""

from __future__ import annotations

import configparser
import json
import re
import tomllib

from promptlib.config.project import TOML
from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.files.file_set import FileChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SQL_LOCATION, SCRIPT_LOCATION = "sql_location", "script_location"
_TABLE = re.compile(
    rb"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*alembic[ \t]*\][^\r\n]*(?:\r?\n|$)", re.MULTILINE
)
_ALEMBICS = "prepend_sys_path"
_ABOUT = {
    SCRIPT_LOCATION: "env.py, which Alembic's own commands run.",
    SQL_LOCATION: "The migrations: YYYYMMDDHHMMSS_name.sql.",
    "ledger_table": "Where a database remembers which of them ran.",
    "embedded": "Without DATABASE_URL, a PostgreSQL below .promptlib/: for trying things out.",
}
_HEAD = "# What promptlib and Alembic are told; the database's address is in DATABASE_URL.\n\n"


def has_section(path: Path, section: str) -> bool:
    """Whether an alembic.ini has a section; of one that cannot be read, no."""
    try:
        parser = configparser.RawConfigParser()
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return False
    return parser.has_section(section)


def configure(path: Path, section: str, settings: Mapping[str, str]) -> FileChange:
    """Let a configuration have some settings; nothing of what is there is touched.

    Args:
        path: alembic.ini, or pyproject.toml, which may be there or not.
        section: of alembic.ini.
        settings: what to set. Of a section that is there nothing is set twice, nor what only
            Alembic's own commands look at.

    Raises:
        ConfigurationError: when the file cannot be read, or is written in a way that nothing can
            be put into.
    """
    before = read_content(path)
    old = _read(path, before or b"", section)
    lacking = {name: value for name, value in settings.items() if name not in old}
    if path.name == TOML:
        after = _with_table(before or b"", lacking)
    else:
        after = _with_section(before, section, lacking)
    _require_read_as_meant(path, section, after, settings[SQL_LOCATION])
    return FileChange(path, after, before)


def read_content(path: Path) -> bytes | None:
    """What is in a file; None, where there is none.

    Raises:
        ConfigurationError: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(
            f"cannot be read: {error.strerror}", "make it readable", place=display_path(path)
        ) from None


def append_lines(before: bytes, text: str) -> bytes:
    """A file's content with lines behind it, ended as its own are."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = end if before and not before.endswith(b"\n") else b""
    return before + gap + text.encode().replace(b"\n", end)


def _insert(before: bytes, at: int, lines: Iterable[str]) -> bytes:
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if before[:at].endswith(b"\n") else end
    return before[:at] + gap + b"".join(line.encode() + end for line in lines) + before[at:]


def _with_table(before: bytes, settings: Mapping[str, str]) -> bytes:
    lines = [f"{name} = {_toml_value(name, value)}" for name, value in settings.items()]
    if header := _TABLE.search(before):
        return _insert(before, header.end(), filter(_is_ours, lines))
    text = "\n".join(["[tool.alembic]", *_explained(lines), ""])
    return append_lines(before, f"\n{text}" if before else text)


def _toml_value(name: str, value: str) -> str:
    if name == _ALEMBICS:
        return f"[{_quoted(value)}]"
    return value if name == "embedded" else _quoted(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _with_section(before: bytes | None, section: str, settings: Mapping[str, str]) -> bytes:
    name = re.escape(section.encode())
    header = re.search(rb"^\[%s\][^\r\n]*(?:\r?\n|$)" % name, before or b"", re.MULTILINE)
    lines = [f"{key} = {value}" for key, value in settings.items()]
    if before and header:
        return _insert(before, header.end(), filter(_is_ours, lines))
    text = "\n".join([f"[{section}]", *_explained(lines), "path_separator = os", ""])
    return append_lines(before, f"\n{text}") if before else (_HEAD + text).encode()


def _is_ours(line: str) -> bool:
    return not line.startswith(_ALEMBICS)


def _explained(lines: list[str]) -> list[str]:
    """Lines of settings, each behind what it is for."""
    told: list[str] = []
    for line in lines:
        about = _ABOUT.get(line.partition(" ")[0])
        told += [*([""] if told else []), f"# {about}", line] if about else [line]
    return told


def _require_read_as_meant(path: Path, section: str, after: bytes, location: str) -> None:
    """Let nothing be written that would be read otherwise: into a text that looks like a header."""
    if _read(path, after, section).get(SQL_LOCATION) == location:
        return
    table = f"[{section}]"
    if path.name == TOML:
        location, table = _quoted(location), "[tool.alembic]"
    raise ConfigurationError(
        "nothing can be put into it without changing what is there",
        f"write {SQL_LOCATION} = {location} into {table} yourself",
        place=display_path(path),
    )


def _read(path: Path, content: bytes, section: str) -> dict[str, object]:
    """What a section of a configuration says."""
    try:
        return (_read_toml if path.name == TOML else _read_ini)(content, section)
    except (ValueError, configparser.Error) as error:
        said = " ".join(str(error).split())
        raise ConfigurationError(
            f"cannot be read: {said}", "mend it", place=display_path(path)
        ) from None


def _read_toml(content: bytes, _: str) -> dict[str, object]:
    table: dict[str, object] = tomllib.loads(content.decode()).get("tool", {}).get("alembic", {})
    return table


def _read_ini(content: bytes, section: str) -> dict[str, object]:
    parser = configparser.RawConfigParser()
    parser.read_string(content.decode())
    return dict(parser.items(section)) if parser.has_section(section) else {}
