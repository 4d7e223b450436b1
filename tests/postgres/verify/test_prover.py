"""prover: migrations one after the other, each on what those before it left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import StatementError
from promptlib.files.parser import Migration, parse_migration
from promptlib.postgres.url import parse_url
from promptlib.verify.place import ScratchPlace
from promptlib.verify.prover import ToProve, prove_migrations

if TYPE_CHECKING:
    from collections.abc import Collection

    from promptlib.verify.report import VerifyReport
    from support.databases import Database

_MAKE_A, _MAKE_B = ("CREATE TABLE a (i int)", "DROP TABLE a"), ("CREATE TABLE b ()", "DROP TABLE b")


def _migrations(*sections: tuple[str, str]) -> list[Migration]:
    return [
        parse_migration(
            f"2025010100000{number}",
            f"m{number}",
            Path(f"sql/2025010100000{number}_m{number}.sql"),
            f"-- UP\n{up};\n-- DOWN\n{down};\n".encode(),
        )
        for number, (up, down) in enumerate(sections, start=1)
    ]


def _prove(
    database: Database,
    *sections: tuple[str, str],
    chosen: Collection[int] | None = None,
    schema: str = "",
) -> VerifyReport:
    migrations = _migrations(*sections)
    versions = [
        each.version
        for number, each in enumerate(migrations, start=1)
        if chosen is None or number in chosen
    ]
    settings = Settings(version_table_schema=schema)
    place = ScratchPlace(parse_url(database.url, "the test"))
    return prove_migrations(place, ToProve(migrations, versions), settings, 2)


def _findings(report: VerifyReport) -> dict[str, list[str]]:
    return {proof.name: [each.what for each in proof.findings] for proof in report.proofs}


def test_each_migration_is_proven_on_what_those_before_it_left(database: Database) -> None:
    report = _prove(database, _MAKE_A, ("ALTER TABLE a ADD j int", "ALTER TABLE a DROP j"))
    assert _findings(report) == {"m1": [], "m2": []}
    assert report.server.startswith("PostgreSQL ")
    assert database.tables() == set()


def test_a_wrong_down_does_not_stand_in_the_way_of_others(database: Database) -> None:
    found = _findings(_prove(database, _MAKE_A, ("CREATE TABLE b ()", "SELECT 1"), _MAKE_B))
    assert [*found] == ["m1", "m2", "m3"]
    assert found["m1"] == []
    assert found["m2"] == ["DOWN does not undo UP"]
    assert found["m3"]  # the table is there already


def test_an_up_that_fails_ends_it(database: Database) -> None:
    found = _findings(_prove(database, ("SELECT nothing()", "SELECT 1"), _MAKE_A))
    assert [*found] == ["m1"]
    assert "function nothing() does not exist" in found["m1"][0]


def test_rows_that_an_up_refuses_are_made_behind_it(database: Database) -> None:
    check = "ALTER TABLE a ADD CONSTRAINT c CHECK (i > 500)"
    found = _prove(database, _MAKE_A, (check, "ALTER TABLE a DROP CONSTRAINT c"))
    assert _findings(found) == {"m1": [], "m2": []}


def test_the_others_run_without_being_proven(database: Database) -> None:
    wrong = ("CREATE TABLE b ()", "SELECT 1")
    report = _prove(database, _MAKE_A, wrong, ("DROP TABLE b", "CREATE TABLE b ()"), chosen=[1, 3])
    assert _findings(report) == {"m1": [], "m3": []}
    assert [*_findings(_prove(database, _MAKE_A, wrong, chosen=[1]))] == ["m1"]


def test_a_migration_that_only_runs_has_to_run(database: Database) -> None:
    with pytest.raises(StatementError, match="function nothing"):
        _prove(database, ("SELECT nothing()", "SELECT 1"), _MAKE_A, chosen=[2])


def test_nothing_to_prove(database: Database) -> None:
    assert _prove(database, _MAKE_A, chosen=[]).proofs == ()


@pytest.mark.parametrize("schema", ["", "the Meta"])
def test_the_ledger_is_there(database: Database, schema: str) -> None:
    table = '"the Meta".migrations' if schema else "migrations"
    grant = (f"GRANT SELECT ON {table} TO PUBLIC", f"REVOKE SELECT ON {table} FROM PUBLIC")
    assert _findings(_prove(database, grant, schema=schema)) == {"m1": []}


def test_a_role_is_made_anew_for_each_database(database: Database) -> None:
    name = f"role_{database.name}"
    role = (f"CREATE ROLE {name}", f"DROP ROLE {name}")
    found = _findings(_prove(database, role, ("CREATE TABLE b ()", "SELECT 1"), _MAKE_A))
    assert (found["m1"], found["m3"]) == ([], [])
    assert database.query("SELECT 1 FROM pg_roles WHERE rolname = %s", name) == []


def test_a_migration_without_a_way_back_is_run_and_those_behind_it_proven(
    database: Database,
) -> None:
    refuses = ("ALTER TABLE a ADD j int", "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$")
    report = _prove(database, _MAKE_A, refuses, ("ALTER TABLE a ADD k int", "SELECT 1"))
    assert _findings(report) == {"m1": [], "m2": [], "m3": ["DOWN does not undo UP"]}
    assert [proof.is_one_way for proof in report.proofs] == [False, True, False]
    assert [each.direction for each in report.proofs[1].statements] == ["up"]
