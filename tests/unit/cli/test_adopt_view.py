"""adopt_view: what the predecessor left, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.adopt.node_service import find_service_adoption
from promptlib.adopt.schema_match import NOTHING_EXPECTED, ExpectedSchema
from promptlib.cli.adopt_view import explain_adoption
from promptlib.ledger.state import Execution
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.adopt.adoption import Adoption
    from promptlib.adopt.schema_match import SchemaComparison
    from promptlib.plan.status import Status

_WHEN = {version(2): Execution("2025-01-02T03:04:05.678Z")}
_COMPARED = NOTHING_EXPECTED._replace(
    expected=ExpectedSchema({("table", "t"): "t"}, {}), additions=["column t.x"]
)


def left(folder: Path, files: str, ran: str) -> tuple[Status, Adoption]:
    """A predecessor's database, and what is taken over of it."""
    found = status(folder, files, ran, foreign=ran)
    columns = frozenset(("id", "name", "executed_at", "checksum"))
    found = found._replace(ledger=found.ledger._replace(columns=columns, events=frozenset()))
    return found, find_service_adoption(found)


def told(found: Status, adoption: Adoption, compared: SchemaComparison) -> list[str]:
    return [*explain_adoption(found, _WHEN, adoption, compared)]


def test_what_was_found_and_what_will_be_done(tmp_path: Path) -> None:
    found, adoption = left(tmp_path, "123567", "2459")
    adding, counting, keeping, leaving, setting, running = told(found, adoption, _COMPARED)[10:]
    assert told(found, adoption, _COMPARED)[:10] == [
        "found in public.migrations, which the predecessor left:",
        f"  {version(1)}  x  -                     no row, but made before what ran",
        f"  {version(2)}  x  2025-01-02T03:04:05Z  executed",
        f"  {version(3)}  x  -                     no row, but what came after it ran: late",
        f"  {version(4)}  x  -                     executed, no file here",
        f"  {version(5)}  x  -                     executed",
        f"  {version(9)}  x  -                     executed, no file here",
        "the database holds what ran on it: 1 objects compared",
        "  and beyond that, which it keeps: column t.x",
        "adopting it will",
    ]
    assert adding.startswith("  add down_checksum, ")
    assert adding.endswith(" to public.migrations, and make public.migration_events")
    taken = f"{version(1)}, {version(2)}, {version(5)}"
    assert counting == f"  count {taken} as executed, with the checksums of their files"
    assert keeping == f"  keep as they are the rows of {version(4)}, {version(9)}"
    assert leaving == f"  leave {version(3)} late: migrate refuses until --late apply runs it"
    assert setting == f"  set public.alembic_version to {version(5)}"
    assert running == f"  run no migration; promptlib migrate runs {version(6)}, {version(7)}"


def test_where_the_database_differs_nothing_will_be_done(tmp_path: Path) -> None:
    found, adoption = left(tmp_path, "12", "12")
    lines = told(found, adoption, _COMPARED._replace(differences=["  expected table t"]))
    assert len(lines) == 3
    assert not any("adopting" in line for line in lines)


def test_a_table_without_rows(tmp_path: Path) -> None:
    lines = told(*left(tmp_path, "1", ""), NOTHING_EXPECTED)
    assert lines[1] == "  nothing"
    assert lines[-2:] == [
        "  set public.alembic_version to base",
        f"  run no migration; promptlib migrate runs {version(1)}",
    ]
