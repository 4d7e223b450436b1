"""golang-migrate: `1_name.up.sql` and `1_name.down.sql`, sent as they are.

Its table `schema_migrations` keeps one number: that of the newest that ran.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import read_section
from promptlib.importing.tools.pairs import read_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.importing.source import SourceFolder


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of golang-migrate's."""
    return read_pairs(folder, read_section, may_be_single=False)
