"""`promptlib pending`: what would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import ONE, THREE, TWO

if TYPE_CHECKING:
    from support.projects import Project


def test_pending_and_executed(drifted: Project) -> None:
    assert drifted.promptlib("pending").stdout.splitlines() == [
        "20250101000000  forgotten  late", f"{THREE}  make c",
    ]  # fmt: skip
    assert drifted.document("pending") == {
        "pending": [
            {"version": "20250101000000", "name": "forgotten", "state": "late"},
            {"version": THREE, "name": "make c", "state": "pending"},
        ],
        "repeatable": [],
    }
    lines = [line.split() for line in drifted.promptlib("executed").stdout.splitlines()]
    assert [(line[0], line[-1]) for line in lines] == [(ONE, "edited"), (TWO, "missing")]
    rows = drifted.document("executed")["executed"]
    assert rows == drifted.document("status")["migrations"][1:3]
