"""`promptlib new`: the next file, made from the template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.projects import Project

if TYPE_CHECKING:
    from support.projects import Project


def test_new_prepares_a_file_later_than_all_others(three: Project) -> None:
    three.add("29990101000000", "SELECT 1;")
    said = three.promptlib("new", "Add a région!")
    assert said.stdout == "sql/29990101000001_add_a_region.sql\n"
    text = (three.folder / said.stdout.strip()).read_text()
    assert text == (three.folder / "alembic" / "script.sql.mako").read_text()
    assert [line for line in text.splitlines() if line] == ["-- UP", "-- DOWN"]
    refused = three.promptlib("new", "!?", ok=False)
    assert refused.returncode == 2
    assert len(list((three.folder / "sql").iterdir())) == 5


def test_new_fills_in_a_template_that_asks_for_it(three: Project) -> None:
    template = three.folder / "alembic" / "script.sql.mako"
    template.write_text("-- ${message}\n-- UP\n\n-- DOWN\n")
    said = three.promptlib("new", "add b")
    assert re.fullmatch(r"sql/\d{14}_add_b\.sql\n", said.stdout)
    assert (three.folder / said.stdout.strip()).read_text() == "-- add b\n-- UP\n\n-- DOWN\n"
