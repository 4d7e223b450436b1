"""Files and ledger -> where each migration stands, and what a deploy refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import PromptlibError
from promptlib.core.remedies import Front
from promptlib.files.directory import MigrationFile
from promptlib.files.parser import parse_migration
from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
from promptlib.ledger.tables import ADDED, RECORDED
from promptlib.plan.refusals import (
    require_ours,
    require_unchanged,
)
from promptlib.plan.states import (
    current_version,
    migration_entries,
    rows_without_files,
    unknown_revisions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from promptlib.files.section import Section

_FOLDER = Path("sql")
_COLUMNS = frozenset(("id", "name", "executed_at", "checksum"))
_OURS = frozenset(ADDED)


def version(number: int) -> str:
    return f"202501010000{number:02}"


def files(*numbers: int) -> list[MigrationFile]:
    return [
        MigrationFile(version(n), f"make_{n}", str(_FOLDER / f"{version(n)}_make_{n}.sql"))
        for n in numbers
    ]


def checksums(*numbers: int) -> dict[str, str]:
    """Those of files that nobody edited."""
    return {version(number): f"sum {number}" for number in numbers}


def row(number: int, checksum: str = "", *, foreign: bool = False) -> LedgerRow:
    """What is in the ledger; a foreign row is one without a DOWN section."""
    text = checksum or f"sum {number}"
    return LedgerRow(version(number), f"make {number}", text, None if foreign else "down")


def ledger(
    current: int = 0,
    *rows: LedgerRow,
    columns: frozenset[str] = _COLUMNS | _OURS,
    beside: tuple[str, ...] = (),
) -> Ledger:
    """The ledger of a database that is at a version; 0: at base; `beside` is in alembic_version."""
    return Ledger(
        schema="public",
        current=(*beside, *([version(current)] if current else [])),
        rows={each.version: each for each in rows},
        half_done=(),
        columns=columns,
        has_version_table=True,
        events=frozenset(RECORDED),
        is_replica=False,
    )


def refusal(refuse: Callable[[], None], front: Front = Front.ALEMBIC) -> str:
    """What is said to who typed a command."""
    with pytest.raises(PromptlibError) as caught:
        refuse()
    return caught.value.told(front)


_RAN = (row(1), row(3), row(5))
_HASHES = ("2dc4342adfea", "f04342adfeaf")  # older and newer than all versions, as strings


_AT_5 = ledger(5, *_RAN)
# A ledger, the files by their numbers, those that were edited, and where each then stands.
_STATES: dict[str, tuple[Ledger, str, str, dict[str, str]]] = {
    "nothing": (ledger(), "", "", {}),
    "empty database": (ledger(), "13", "1", {"pending": "13"}),
    "up to date": (_AT_5, "135", "", {"executed": "135"}),
    "late": (_AT_5, "0123456", "", {"executed": "135", "late": "024", "pending": "6"}),
    "edited": (_AT_5, "1356", "36", {"executed": "15", "edited": "3", "pending": "6"}),
    "missing": (_AT_5, "3", "", {"executed": "3", "missing": "15"}),
    "all at once": (
        _AT_5,
        "1256",
        "5",
        {"executed": "1", "late": "2", "missing": "3", "edited": "5", "pending": "6"},
    ),
    "a version that only Alembic knows": (
        ledger(9, *_RAN),
        "135",
        "",
        {"executed": "135", "unknown": "9"},
    ),
    "no ledger": (ledger(3), "135", "1", {"unknown": "13", "pending": "5"}),
    "no ledger, and the file is gone": (ledger(3), "1", "", {"unknown": "3", "pending": "1"}),
    "plain Alembic's": (ledger(beside=_HASHES), "13", "", {"unknown": "af", "pending": "13"}),
    "plain Alembic's beside ours": (
        ledger(3, *_RAN[:2], beside=_HASHES[:1]),
        "135",
        "",
        {"unknown": "a", "executed": "13", "pending": "5"},
    ),
    "rows of another component": (
        ledger(5, *_RAN, row(2, foreign=True), row(7, foreign=True)),
        "135",
        "",
        {"executed": "135"},
    ),
    "the predecessor's rows": (
        ledger(3, *(row(number, foreign=True) for number in (1, 2, 3))),
        "135",
        "",
        {"executed": "13", "pending": "5"},
    ),
    "the predecessor's rows, but not of all": (
        ledger(3, row(3, foreign=True)),
        "135",
        "",
        {"unknown": "1", "executed": "3", "pending": "5"},
    ),
    "the predecessor's rows, which nobody took over": (
        ledger(0, *(row(number, foreign=True) for number in (1, 2, 3))),
        "135",
        "13",
        {"executed": "13", "pending": "5"},
    ),
}


@pytest.mark.parametrize(
    ("found", "numbers", "edited", "expected"), _STATES.values(), ids=_STATES.keys()
)
def test_where_each_migration_stands(
    found: Ledger, numbers: str, edited: str, expected: dict[str, str]
) -> None:
    known = files(*map(int, numbers))
    sums = checksums(*map(int, numbers)) | {version(int(each)): "another" for each in edited}
    stand: dict[str, str] = {}
    for each in migration_entries(known, sums, found):
        stand[each.state] = stand.get(each.state, "") + each.version[-1]
    assert stand == expected


def test_a_file_that_was_not_read_is_taken_as_it_is() -> None:
    found = ledger(3, row(1), row(3))
    entries = migration_entries(files(1, 3), {version(3): "another"}, found)
    assert [each.state for each in entries] == ["executed", "edited"]


def test_entries_have_the_names_of_the_files_that_are_or_were() -> None:
    found = ledger(3, row(1), row(3))
    entries = migration_entries(files(1, 4), checksums(1, 4), found)
    assert [each.name for each in entries] == ["make_1", "make_3", "make_4"]


def test_an_entry_tells_under_which_other_name_it_ran() -> None:
    found = ledger(3, row(1)._replace(name="create users"), row(3))
    entries = migration_entries(files(1, 3), checksums(1, 3), found)
    assert [each.ran_as for each in entries] == ["create users", ""]


@pytest.mark.parametrize(
    ("found", "current", "unknown"),
    [
        (ledger(), "", ()),
        (ledger(3), version(3), ()),
        (ledger(4, row(4)), version(4), ()),
        (ledger(4, row(4, foreign=True)), "", (version(4),)),
        (ledger(9), "", (version(9),)),
        (ledger(3, beside=_HASHES), version(3), _HASHES),
        (ledger(3, beside=(version(1),)), version(3), ()),
    ],
)
def test_the_current_revision_is_one_that_somebody_knows(
    found: Ledger, current: str, unknown: tuple[str, ...]
) -> None:
    versions = {version(1), version(3)}
    assert (current_version(versions, found), unknown_revisions(versions, found)) == (
        current,
        unknown,
    )


def test_a_table_of_another_program_is_refused() -> None:
    found = ledger()._replace(foreign="migrations")
    assert refusal(lambda: require_ours(found)) == (
        "the table public.migrations is not a ledger of promptlib's: it lacks columns that"
        " ours has; if another program made it, let the ledger have another name: ledger_table = "
        "promptlib_migrations in alembic.ini"
    )
    found = ledger()._replace(foreign="promptlib_migrations_events")
    assert "ledger_table = deployed_migrations in" in refusal(lambda: require_ours(found))
    require_ours(ledger())


def test_a_search_path_without_a_schema_is_refused() -> None:
    found = ledger()._replace(schema="", first="")
    assert refusal(lambda: require_ours(found)).startswith("the search_path names no schema")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            ("tenant1", "public"),
            (
                "the ledger is in the schema public, but the search_path begins with tenant1, "
                "whose tables it may know nothing of; set version_table_schema in alembic.ini: to "
                "tenant1, which then has a ledger of its own, or to public, if that one is meant"
            ),
        ),
        (
            ("public",),
            (
                "the search_path begins with tenant1, which is not there, or this user may not use "
                "it: tables and ledger would be in public; CREATE SCHEMA tenant1, or GRANT USAGE "
                "ON it, or mend the search_path; if public is right, set version_table_schema to "
                "that"
            ),
        ),
    ],
)
def test_a_ledger_that_is_not_in_the_first_schema_of_the_search_path(
    path: tuple[str, ...], said: str
) -> None:
    assert refusal(lambda: require_ours(ledger()._replace(first="tenant1", path=path))) == said
    require_ours(ledger()._replace(first="public", path=path))


def ghosts(found: Ledger, *numbers: int) -> list[str]:
    return [each.version for each in rows_without_files(found, files(*numbers))]


def test_what_the_database_names_and_no_file_has() -> None:
    found = ledger(9, *_RAN, row(2, foreign=True))
    assert ghosts(found, 1, 5, 6) == [version(9), version(3)]
    assert ghosts(ledger(5, *_RAN), 1, 3, 5) == []


_RAN_OUTSIDE = " transaction:false\nSELECT 1;\nSELECT 2;\nSELECT 3;"


def section(text: str) -> Section:
    """An UP section: what stands behind `-- UP`."""
    content = f"-- UP{text}\n-- DOWN\nSELECT 1;\n"
    return parse_migration(version(1), "x", _FOLDER / "x.sql", content.encode()).up


def half(done: int, direction: str = "up") -> HalfDone:
    """What is recorded of the first statements."""
    checksum = section(_RAN_OUTSIDE).checksum_of(done)
    return HalfDone(1, version(1), direction, "failed", done, checksum, 4711)


@pytest.mark.parametrize(
    ("done", "now"),
    [
        (2, _RAN_OUTSIDE),
        (2, " transaction:false lock_timeout:9s\n\nSELECT 1;\r\n-- b\nSELECT 2;\nSELECT 4;"),
        (2, " transaction:false\nSELECT 1; SELECT 2"),
        (0, " transaction:false\nSELECT 7;"),
        (0, "\nSELECT 1;"),
    ],
)
def test_a_section_whose_finished_statements_are_unchanged(done: int, now: str) -> None:
    require_unchanged(half(done), section(now), _FOLDER / "x.sql")


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (_RAN_OUTSIDE.replace("SELECT 2", "SELECT 9"), "differs in them now"),
        (_RAN_OUTSIDE.replace("SELECT 1", "SELECT 0; SELECT 1"), "differs in them now"),
        (_RAN_OUTSIDE.replace("SELECT 1;\n", ""), "differs in them now"),
        (" transaction:false\nSELECT 1;", "differs in them now"),
        (_RAN_OUTSIDE.removeprefix(" transaction:false"), "runs in a transaction now"),
    ],
)
def test_a_section_whose_finished_statements_are_not_those_that_ran(now: str, why: str) -> None:
    said = refusal(lambda: require_unchanged(half(2), section(now), _FOLDER / "x.sql"))
    assert said == (
        "sql/x.sql: the first 2 statements of this UP section took effect here, before it failed, "
        f"and it {why}; restore them, and it goes on behind them; or undo them: alembic downgrade "
        "-1"
    )


def test_a_half_done_down_section_is_undone_by_an_upgrade() -> None:
    now = section(_RAN_OUTSIDE.replace("SELECT 1", "SELECT 9"))
    said = refusal(lambda: require_unchanged(half(1, "down"), now, _FOLDER / "x.sql"))
    assert said.startswith("sql/x.sql: the first 1 statements of this DOWN section took effect")
    assert said.endswith("or undo them: alembic upgrade head")
