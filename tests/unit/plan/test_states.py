"""Files and ledger -> where each migration stands, and what a deploy refuses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.core.errors import (
    EditedMigrationError,
    LateMigrationError,
    MissingMigrationError,
    PlanRefusedError,
    PromptlibError,
)
from promptlib.core.remedies import Front
from promptlib.files.directory import MigrationFile
from promptlib.files.parser import parse_migration
from promptlib.ledger.state import HalfDone, Ledger, LedgerRow
from promptlib.ledger.tables import ADDED, RECORDED
from promptlib.plan.refusals import (
    require_adopted,
    require_agreement,
    require_applicable,
    require_ours,
    require_unchanged,
    state_problems,
)
from promptlib.plan.states import Entry, State, known_rows, migration_entries, rows_without_files

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
    current: int = 0, *rows: LedgerRow, columns: frozenset[str] = _COLUMNS | _OURS
) -> Ledger:
    """The ledger of a database that is at a version; 0: at base."""
    return Ledger(
        schema="public",
        current=(version(current),) if current else (),
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
        {"executed": "135", "missing": "9"},
    ),
    "before there was a ledger": (ledger(3), "135", "1", {"executed": "13", "pending": "5"}),
    "before that, and gone": (ledger(3), "1", "", {"executed": "1", "missing": "3"}),
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
    for each in migration_entries(known, sums, found, known_rows(known, sums, found)):
        stand[each.state] = stand.get(each.state, "") + each.version[-1]
    assert stand == expected


def test_a_file_that_was_not_read_is_taken_as_it_is() -> None:
    found = ledger(3, row(1), row(3))
    entries = migration_entries(files(1, 3), {version(3): "another"}, found, found.rows)
    assert [each.state for each in entries] == ["executed", "edited"]


def test_entries_have_the_names_of_the_files_that_are_or_were() -> None:
    found = ledger(3, row(1), row(3))
    entries = migration_entries(files(1, 4), checksums(1, 4), found, found.rows)
    assert [each.name for each in entries] == ["make_1", "make_3", "make_4"]


def entry(number: int, state: State) -> Entry:
    return Entry(version(number), f"make_{number}", state)


_ENTRIES = [
    entry(1, State.EXECUTED),
    entry(2, State.LATE),
    entry(3, State.EDITED),
    entry(4, State.MISSING),
    entry(6, State.PENDING),
]
_LATE = (
    "sql/20250101000002_make_2.sql: is older than the current revision 20250101000005 and never "
    "ran here; rename it to a newer version, or run it now: late_migrations = apply in "
    "alembic.ini, or alembic -x late=apply upgrade head (if it ran here by other means: "
    "alembic stamp 20250101000005)"
)
_EDITED = (
    "sql/20250101000003_make_3.sql: was edited after it ran here; restore the file and write a new "
    "migration, or accept the file as it is: promptlib repair"
)
_MISSING = (
    "sql/20250101000004_make_4.sql: ran here, and the file is gone; restore the file, or take the "
    "migration out of the ledger: promptlib repair"
)


def test_a_refusal_names_every_file_and_its_remedy() -> None:
    said = refusal(lambda: require_applicable(_ENTRIES, ledger(5, *_RAN), _FOLDER))
    assert said.split("\n") == [_LATE, _EDITED, _MISSING]


def test_a_refusal_is_in_the_words_of_who_asked() -> None:
    found = ledger(5, *_RAN)
    said = refusal(lambda: require_applicable(_ENTRIES, found, _FOLDER), Front.PROMPTLIB)
    late = _LATE.replace("alembic -x late=apply upgrade head", "promptlib migrate --late apply")
    assert said.split("\n") == [late, _EDITED, _MISSING]


@pytest.mark.parametrize(
    ("states", "kind"),
    [
        ({State.LATE}, LateMigrationError),
        ({State.EDITED}, EditedMigrationError),
        ({State.MISSING}, MissingMigrationError),
        ({State.LATE, State.MISSING}, PlanRefusedError),
    ],
)
def test_a_refusal_has_the_kind_of_what_is_refused(
    states: set[State], kind: type[PlanRefusedError]
) -> None:
    entries = [each for each in _ENTRIES if each.state in states]
    with pytest.raises(kind) as caught:
        require_applicable(entries, ledger(5, *_RAN), _FOLDER)
    assert type(caught.value) is kind


def test_late_migrations_that_are_to_run_are_not_refused() -> None:
    found = ledger(5, *_RAN)
    said = refusal(lambda: require_applicable(_ENTRIES, found, _FOLDER, applies_late=True))
    assert said.split("\n") == [_EDITED, _MISSING]
    require_applicable(_ENTRIES[:2], found, _FOLDER, applies_late=True)


def test_what_is_executed_or_pending_is_no_problem() -> None:
    require_applicable([_ENTRIES[0], _ENTRIES[-1]], ledger(5, *_RAN), _FOLDER)


def test_a_missing_file_whose_name_nobody_knows() -> None:
    (said,) = state_problems([Entry("nope", "", State.MISSING)], _FOLDER, "nope")
    assert said.place == "sql/nope_*.sql"


@pytest.mark.parametrize(
    ("found", "at"), [(ledger(3, *_RAN), version(3)), (ledger(0, row(5)), "base")]
)
def test_alembic_version_behind_the_ledger_is_refused(found: Ledger, at: str) -> None:
    said = refusal(lambda: require_agreement(found, found.rows))
    assert said == (
        f"alembic_version is at {at}, but the ledger says that {version(5)} ran here; say which is "
        "right: alembic stamp VERSION sets both"
    )


@pytest.mark.parametrize(
    "found", [ledger(), ledger(5, *_RAN), ledger(1, row(1), row(5, foreign=True)), ledger(5)]
)
def test_alembic_version_in_step_with_the_ledger(found: Ledger) -> None:
    require_agreement(found, found.rows)


def test_a_table_of_another_program_is_refused() -> None:
    found = ledger(columns=frozenset(("id", "migration", "batch")))
    assert refusal(lambda: require_ours(found)) == (
        "the table public.migrations is not a ledger of promptlib's: it lacks columns that"
        " ours has; rename it, or set version_table_schema in alembic.ini to a schema of its own"
    )
    for ours in (frozenset[str](), _COLUMNS, _COLUMNS | _OURS):
        require_ours(ledger(columns=ours))


def test_what_the_predecessor_ran_does_not_run_again() -> None:
    rows = [row(number, foreign=True) for number in (1, 3, 4)]
    for found, ran in ((ledger(0, *rows), (1, 3)), (ledger(1, row(1), *rows[1:]), (3,))):
        said = refusal(lambda found=found: require_adopted(found, files(1, 3, 5)))  # type: ignore[misc]
        assert said == (
            "the predecessor migrated this database: its table migrations has "
            f"{', '.join(map(version, ran))}; take that over, then go on: promptlib adopt"
        )
    require_adopted(ledger(3, *rows), files(1, 3, 5))
    require_adopted(ledger(0, rows[2]), files(1, 3, 5))


def ghosts(found: Ledger, *numbers: int) -> list[str]:
    return [each.version for each in rows_without_files(found.rows, found.current, files(*numbers))]


def test_what_the_database_names_and_no_file_has() -> None:
    found = ledger(9, *_RAN, row(2, foreign=True))
    assert sorted(ghosts(found, 1, 5, 6)) == [version(3), version(9)]
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
