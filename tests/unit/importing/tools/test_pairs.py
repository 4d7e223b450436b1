"""pairs: a file without a way in its name is a migration for some tools, and nothing for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promptlib.importing.source import read_section
from promptlib.importing.tools.pairs import read_pairs
from support.imports import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("may_be_single", "found"), [(True, ["1", "2"]), (False, ["2"])])
def test_single_files(tmp_path: Path, may_be_single: bool, found: list[str]) -> None:  # noqa: FBT001
    write(tmp_path, {"01_a.sql": "A;", "2_b.up.sql": "B;", "2_b.down.sql": "C;"})
    read = read_pairs(tmp_path, read_section, may_be_single=may_be_single)
    assert [each.tool_versions[0] for each in read.migrations] == found
    assert [each.down.text for each in read.migrations if each.down] == [b"C;"]
