"""What keeps a deploy from going on; each with the way on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promptlib.core.errors import (
    ChangedMeanwhileError,
    EditedMigrationError,
    LateMigrationError,
    LedgerError,
    MissingMigrationError,
    NotAdoptedError,
    PlanRefusedError,
    ReadOnlyServerError,
    display_path,
)
from promptlib.core.remedies import Front
from promptlib.plan.refusals import (
    require_applicable,
    require_clear,
    require_unmoved,
    require_writable,
    state_problems,
)
from support.statuses import status, version

if TYPE_CHECKING:
    from pathlib import Path

    from promptlib.plan.status import Status


def test_nobody_has_moved_what_somebody_agreed_to(tmp_path: Path) -> None:
    ledger = status(tmp_path, "123", "12", 2).ledger
    require_unmoved(ledger, (version(2),))
    require_unmoved(ledger, None)  # nobody has agreed to anything
    for start in ((), (version(1),)):
        with pytest.raises(ChangedMeanwhileError, match="moved the database meanwhile"):
            require_unmoved(ledger, start)


def test_a_replica_takes_no_writes(tmp_path: Path) -> None:
    require_writable(status(tmp_path, "1", "1", 1).ledger)
    with pytest.raises(ReadOnlyServerError, match="read-only replica; connect to the primary"):
        require_writable(status(tmp_path, "1", "1", 1, is_replica=True).ledger)


def test_what_was_migrated_and_is_clear_is_not_refused(tmp_path: Path) -> None:
    for found in (("123", "12", 2), ("123", "", 0), ("3", "12", 2), ("1", "123", 3)):
        require_clear(status(tmp_path, *found))
    require_clear(status(tmp_path, "123", "123", 3, foreign="123"))


# Where a database stands, and what is said of it.
_UNCLEAR: dict[str, tuple[dict[str, Any], type[PlanRefusedError], str]] = {
    "plain Alembic's": (
        {"ran": "", "beside": ("2dc4342adfea",)},
        NotAdoptedError,
        (
            "alembic_version names 2dc4342adfea, which neither a file in {folder} nor the ledger "
            "has: what ran here is unknown; if this database holds what the files make, say up to "
            "which: "
            "alembic stamp VERSION counts those as executed (alembic stamp base: none); if another "
            "project deploys here too, let each have a schema of its own in version_table_schema"
        ),
    ),
    "another one beside ours": (
        {"ran": "12", "current": 2, "beside": ("f04342adfeaf", "2dc4342adfea")},
        NotAdoptedError,
        "alembic_version names 2dc4342adfea, f04342adfeaf, which neither",
    ),
    "a version without file and row": (
        {"ran": "12", "current": 9},
        NotAdoptedError,
        f"alembic_version names {version(9)}, which neither",
    ),
    "an escape sequence": ({"ran": "", "beside": ("\x1b[2J",)}, NotAdoptedError, r"names \x1b[2J"),
    "two of ours": (
        {"ran": "12", "current": 2, "beside": (version(1),)},
        LedgerError,
        (
            f"alembic_version names {version(1)} and {version(2)}, but migrations form one line; "
            "say which is right: alembic stamp VERSION sets it and the ledger"
        ),
    ),
    "no ledger": (
        {"ran": "", "current": 2},
        LedgerError,
        (
            f"alembic_version is at {version(2)}, but there is no ledger that says what ran here; "
            f"if all migrations up to that did, say so: alembic stamp {version(2)}; if the ledger "
            "is elsewhere, name it in version_table_schema or ledger_table"
        ),
    ),
    "the ledger is ahead": (
        {"ran": "12", "current": 1},
        LedgerError,
        (
            f"alembic_version is at {version(1)}, but the ledger says that {version(2)} ran here; "
            "say which is right: alembic stamp VERSION sets both"
        ),
    ),
    "nothing but the ledger": (
        {"ran": "12"},
        LedgerError,
        f"alembic_version is at base, but the ledger says that {version(2)} ran here",
    ),
    "the predecessor's": (
        {"ran": "124", "foreign": "124"},
        NotAdoptedError,
        (
            "the predecessor migrated this database: its table migrations has "
            f"{version(1)}, {version(2)}; take that over, then go on: promptlib adopt"
        ),
    ),
    "the predecessor's, in part": (
        {"ran": "123", "foreign": "3", "current": 2},
        NotAdoptedError,
        f"its table migrations has {version(3)};",
    ),
}


@pytest.mark.parametrize(("stands", "kind", "said"), _UNCLEAR.values(), ids=_UNCLEAR.keys())
def test_where_it_is_not_clear_what_ran_nothing_runs(
    tmp_path: Path, stands: dict[str, Any], kind: type[PlanRefusedError], said: str
) -> None:
    found = status(tmp_path, "123", **stands)
    with pytest.raises(kind) as caught:
        require_clear(found)
    assert type(caught.value) is kind
    assert said.replace("{folder}", str(tmp_path)) in str(caught.value)


_LATE = (
    f"{version(2)}_x.sql: is older than the current revision {version(5)} and never ran here; "
    "rename it to a newer version, or run it now: late_migrations = apply in alembic.ini, or "
    "alembic -x late=apply upgrade head (if it ran here by other means: alembic stamp "
    f"{version(5)})"
)
_EDITED = (
    f"{version(3)}_x.sql: was edited after it ran here; restore the file and write a new "
    "migration, or accept the file as it is: promptlib repair"
)
_MISSING = (
    f"{version(4)}_x.sql: ran here, and the file is gone; restore the file, or take the migration "
    "out of the ledger: promptlib repair"
)
_AHEAD = (
    f"{version(5)}_x.sql: ran here, and is newer than all files: the database is ahead of them; "
    "deploy from the files that have it; or take it back by the DOWN section that the ledger "
    "keeps: alembic -x kept_down=run downgrade -1; or, where the file is lost, out of the ledger: "
    "promptlib repair"
)


def _said(found: Status, front: Front = Front.ALEMBIC, *, applies_late: bool = False) -> list[str]:
    with pytest.raises(PlanRefusedError) as caught:
        require_applicable(found, applies_late=applies_late)
    folder = display_path(found.files.folder)
    return caught.value.told(front).replace(f"{folder}/", "").split("\n")


def test_each_file_in_the_way_is_named(tmp_path: Path) -> None:
    found = status(tmp_path, "12367", "1345", 5, edited="3")
    assert _said(found) == [_LATE, _EDITED, _MISSING, _MISSING.replace(version(4), version(5))]
    late = _LATE.replace("alembic -x late=apply upgrade head", "promptlib migrate --late apply")
    assert _said(found, Front.PROMPTLIB)[0] == late
    assert _said(found, applies_late=True)[0] == _EDITED


def test_a_database_that_is_ahead_of_the_files(tmp_path: Path) -> None:
    assert _said(status(tmp_path, "123", "12345", 5)) == [
        _AHEAD.replace(version(5), version(4)),
        _AHEAD,
    ]


def test_another_migration_of_the_same_version_is_not_an_edited_one(tmp_path: Path) -> None:
    found = status(tmp_path, "12", "1", 1, edited="1", ran_as="create users")
    assert _said(found) == [
        (
            f"{version(1)}_x.sql: is another migration than the one of this version that ran "
            "here, 'create users'; give this file a version of its own; if it is that migration "
            "under a new name, accept it: promptlib repair; if another project deploys here too, "
            "let each have a schema of its own in version_table_schema"
        )
    ]
    renamed = status(tmp_path, "12", "1", 1, ran_as="create users")
    assert [*state_problems(renamed)] == []


@pytest.mark.parametrize(
    ("ran", "edited", "kind"),
    [
        ("15", "", LateMigrationError),
        ("125", "2", EditedMigrationError),
        ("1245", "", MissingMigrationError),
        ("145", "", PlanRefusedError),
    ],
)
def test_a_refusal_has_the_kind_of_what_is_refused(
    tmp_path: Path, ran: str, edited: str, kind: type[PlanRefusedError]
) -> None:
    with pytest.raises(kind) as caught:
        require_applicable(status(tmp_path, "125", ran, 5, edited=edited))
    assert type(caught.value) is kind


def test_what_alembic_version_names_and_the_ledger_does_not(tmp_path: Path) -> None:
    (said,) = state_problems(status(tmp_path, "123", "1", 2))
    assert (
        said.what == "is where alembic_version stands, but the ledger says that it never ran here"
    )
    assert said.remedy == "say what is right: alembic stamp VERSION sets both"


def test_late_migrations_that_are_to_run_are_not_refused(tmp_path: Path) -> None:
    require_applicable(status(tmp_path, "125", "15", 5), applies_late=True)


def test_a_missing_file_whose_name_nobody_knows(tmp_path: Path) -> None:
    (said,) = state_problems(status(tmp_path, "2", "12", 2, ran_as=""))
    assert said.place.endswith(f"/{version(1)}_*.sql")
