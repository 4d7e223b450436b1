"""Folders of other tools, for tests of what imports them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptlib.importing.conversion import convert_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promptlib.importing.conversion import ConvertedFolder
    from promptlib.importing.source import SourceFolder

SAMPLES = Path(__file__).parents[1] / "data" / "tools"


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write some files, and the folders that they need."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def convert(
    read: Callable[[Path], SourceFolder], folder: Path, files: Mapping[str, str | bytes]
) -> ConvertedFolder:
    """What becomes of such files in this folder."""
    return convert_folder(read(write(folder, files)), "a-tool", Path("sql"))


def told(conversion: ConvertedFolder, folder: Path) -> list[str]:
    """What cannot be converted, without the folder's own path."""
    return [str(each).replace(f"{folder}/", "") for each in conversion.problems]


def sections(conversion: ConvertedFolder) -> dict[str, tuple[str, str]]:
    """By version: UP and DOWN, each with its marker's options before it, if it has some."""
    found = {}
    for each in conversion.migrations:
        migration = each.file.parse(each.content)
        found[each.file.version] = tuple(
            ("" if section.transactional else "outside: ") + section.text
            for section in (migration.up, migration.down)
        )
    return found  # type: ignore[return-value] # two each


def versions(conversion: ConvertedFolder) -> dict[str, tuple[str, ...]]:
    """The tool's versions by ours."""
    return {each.file.version: each.source.tool_versions for each in conversion.migrations}
