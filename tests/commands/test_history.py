"""`promptlib history`: what was tried, and how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.projects import ONE, THREE, TWO

if TYPE_CHECKING:
    from support.projects import Project


def test_history_keeps_failures(three: Project) -> None:
    three.promptlib("migrate", ONE)
    three.add(TWO, "INSERT INTO a\nVALUES (1 / 0);", name="make_b")
    three.promptlib("migrate", ok=False)
    three.promptlib("rollback")
    events = three.document("history")["events"]
    assert [(each["version"], each["direction"], each["outcome"]) for each in events] == [
        (ONE, "up", "done"), (TWO, "up", "failed"), (ONE, "down", "done"),
    ]  # fmt: skip
    assert list(events[0]) == [
        *("version", "direction", "started_at", "finished_at", "outcome", "executed_by", "error")
    ]
    assert "division by zero" in events[1]["error"]
    assert three.document("history", ONE)["events"] == [events[0], events[2]]
    lines = three.promptlib("history", TWO[:14]).stdout.splitlines()
    assert "division by zero" in lines[1]
    assert len(lines) == 2
    assert three.promptlib("history", THREE).stdout == ""
    unknown = three.promptlib("history", "2024", ok=False)
    assert unknown.returncode == 2
    assert "no migration has a version that begins with '2024'" in unknown.stderr
