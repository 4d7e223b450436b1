"""Files and folders of installed packages: `ourapp:sql` is the folder sql in the package ourapp."""

from __future__ import annotations

import os

from promptlib.core.errors import ConfigurationError


def packaged_path(name: str, place: str = "") -> str:
    """Where a file or folder is that may be in a package, as Alembic's script_location may be.

    A package of the first level is found, not imported.

    Args:
        name: a path, or `package:path`.
        place: of the configuration that says so, for errors.

    Raises:
        ConfigurationError: when there is no such package, or it is in an archive.
    """
    package, colon, inside = name.partition(":")
    dotted = package.replace(".", "")
    if not colon or not inside or inside[0] in "/\\" or not dotted.isidentifier():
        return name
    if os.path.exists(name):
        return name
    from importlib import util  # noqa: PLC0415 - most projects are folders

    try:
        found = util.find_spec(package)
    except ImportError:
        found = None
    if not found or not found.submodule_search_locations:
        raise ConfigurationError(
            f"{name} is in no package {package} that this Python has",
            "install it where promptlib is installed, or name a folder",
            place=place,
        )
    folder = next(iter(found.submodule_search_locations))
    if not os.path.isdir(folder):
        raise ConfigurationError(
            f"{name} is in an archive: {folder}",
            "install the package unpacked, as pip does",
            place=place,
        )
    return os.path.join(folder, inside)
