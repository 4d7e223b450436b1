"""Another tool's folder, read, converted and compared with sql/ in one go."""

from __future__ import annotations

from promptlib.core.errors import ConfigurationError, display_path
from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.comparison import plan_import
from promptlib.importing.conversion import convert_folder

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.importing.comparison import PlannedImport
    from promptlib.importing.tool_list import Tool


def plan_folder(tool: Tool, folder: Path, sql: Path) -> PlannedImport:
    """Say what an import would do.

    Args:
        tool: whose migrations they are.
        folder: where those are, or their one file.
        sql: the folder of ours, which need not be there.

    Raises:
        ConfigurationError: when there are none, or they are where ours are.
    """
    if folder.resolve() == sql.resolve() or sql.resolve() in folder.resolve().parents:
        raise ConfigurationError(
            "this is where the converted migrations go",
            f"move those of {tool.name} elsewhere, or ours: by sql_location, or init --sql",
            place=display_path(folder),
        )
    found = tool.read(folder)
    if not (found.migrations or found.repeatable or found.problems):
        notes = f" ({found.notes[0]})" if found.notes else ""
        raise ConfigurationError(
            f"there is no migration of {tool.name} here, as {tool.what}{notes}",
            "name the folder that holds them",
            place=display_path(folder),
        )
    return plan_import(tool.name, folder, convert_folder(found, tool.name, sql), sql)


def usual_folder(tool: Tool, project: Path) -> Path:
    """Where a tool's migrations are when nobody says so.

    Raises:
        ConfigurationError: when there is no such folder.
    """
    places = [project / each for each in tool.usual]
    for place in places:
        if place.exists():
            return place
    tried = " or ".join(map(display_path, places))
    raise ConfigurationError(
        f"there is no folder {tried} of {tool.name}'s", "name it with --from-folder"
    )
