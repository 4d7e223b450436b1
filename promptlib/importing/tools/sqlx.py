"""sqlx: `1_name.up.sql` and `1_name.down.sql`, or `1_name.sql`, which has no way back.

Its table `_sqlx_migrations` keeps the number.
"""

from __future__ import annotations

from promptlib.core.light import TYPE_CHECKING
from promptlib.importing.source import read_section
from promptlib.importing.tools.pairs import read_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.importing.source import SourceFolder, SourceSection

_OUTSIDE = b"-- no-transaction"


def read_folder(folder: Path) -> SourceFolder:
    """Read a folder of sqlx's."""
    return read_pairs(folder, _read, may_be_single=True)


def _read(path: Path) -> SourceSection:
    section = read_section(path)
    return section._replace(transactional=not section.text.startswith(_OUTSIDE))
