"""adoption: what counts as executed from then on."""

from __future__ import annotations

from pathlib import Path

from promptlib.adopt.adoption import Adoption
from promptlib.files.parser import Migration, parse_migration


def _migration(version: str) -> Migration:
    return parse_migration(version, "x", Path("x.sql"), b"-- UP\nSELECT 1;\n-- DOWN\nSELECT 1;\n")


def test_what_was_there_before_counts_as_what_ran() -> None:
    before, ran, gap = map(_migration, ("20250101000001", "20250101000003", "20250101000002"))
    found = Adoption("t", "", [ran], [before], [gap], [], ran.version, {})
    assert [each.version for each in found.taken] == [before.version, ran.version]
