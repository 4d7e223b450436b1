"""state: what is read anew as far as it changed is what a first reading finds, whatever ran."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest

from promptlib.config.settings import Settings
from promptlib.core.errors import PromptlibError
from promptlib.engine.runner import Step
from promptlib.files.parser import parse_migration, parse_section
from promptlib.ledger.tables import DOWN, UP
from promptlib.postgres.catalog import ROLE
from promptlib.verify.measure import run_measured
from promptlib.verify.samples import SampleMaker
from promptlib.verify.state import ScratchState, compare_snapshots
from support import far_reaching, objects, verify_corpus
from support.projects import ROOT
from support.scratch import database_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promptlib.verify.session import ScratchSession
    from promptlib.verify.state import Change, Snapshot
    from support.databases import Database
    from support.servers import Server

pytestmark = pytest.mark.servers("newest", "oldest")
_OUTSIDE = " transaction:false"


def _step(sql: str, options: str = "") -> Step:
    return Step("20250101000001", UP, parse_section(f"-- UP{options}\n{sql};\n"), Path("sql/x.sql"))


def _run(session: ScratchSession, step: Step) -> None:
    [*run_measured(session, step, Settings(allow_data_loss="on"))]


def _without_roles(snapshot: Snapshot) -> Snapshot:
    """What others do not change meanwhile."""
    shared = {key: text for key, text in snapshot.objects[0].items() if key[0] != ROLE}
    return snapshot._replace(objects={**snapshot.objects, 0: shared})


def _missed(session: ScratchSession) -> list[str]:
    """What was followed wrongly."""
    followed = _without_roles(session.state.snapshot())
    whole = _without_roles(ScratchState(session.connection).snapshot())
    sides: list[tuple[Mapping[int, object], Mapping[int, object]]] = [
        (followed.objects, whole.objects),
        (followed.tables, whole.tables),
        (followed.rows, whole.rows),
    ]
    return [
        f"{number}: {one.get(number)} is {other.get(number)}"
        for one, other in sides
        for number in one.keys() | other.keys()
        if one.get(number) != other.get(number)
    ]


def _follow(
    database: Database, steps: Iterable[Step], *, rows: int = 0, some_fail: bool = False
) -> dict[str, list[str]]:
    """Run steps one after the other, and look behind each."""
    found = {}
    with database_session(database, is_for_trials=True) as session:
        session.state.snapshot()
        SampleMaker(rows).fill(session)
        for step in steps:
            try:
                _run(session, step)
            except (PromptlibError, psycopg2.Error):
                assert some_fail
                session.connection.rollback()
            if missed := _missed(session):
                found[step.section.text] = missed
    return found


def test_every_kind_of_object_is_followed(database: Database) -> None:
    database.query(objects.BASE)
    cases = objects.CASES.values()
    assert _follow(database, (_step(sql) for each in cases for sql in (each.up, each.right))) == {}


def test_the_corpus_is_followed(database: Database) -> None:
    """What a wrong DOWN leaves stays, and the ones behind it may fail."""
    database.query(verify_corpus.BEFORE)
    pairs = sorted(verify_corpus.PAIRS.values(), key=lambda pair: bool(pair.told))
    steps = (_step(*each) for pair in pairs for each in ((pair.up, pair.options), (pair.down, "")))
    assert _follow(database, steps, rows=3, some_fail=True) == {}


def test_this_project_s_migrations_are_followed(database: Database) -> None:
    files = sorted((ROOT / "sql").glob("*.sql"))
    made = [
        parse_migration(file.name[:14], file.stem[15:], file, file.read_bytes()) for file in files
    ]
    ups = [Step(each.version, UP, each.up, each.path) for each in made]
    downs = [Step(each.version, DOWN, each.down, each.path) for each in reversed(made)]
    assert _follow(database, ups + downs) == {}


def test_what_changes_far_away_is_followed(server: Server, database: Database) -> None:
    server.role("far_away")
    database.query(far_reaching.GROUND)
    assert _follow(database, map(_step, far_reaching.sections(far_reaching.SECTIONS))) == {}


def test_what_runs_outside_a_transaction_is_followed(database: Database) -> None:
    database.query(far_reaching.GROUND)
    sections = far_reaching.sections(far_reaching.OUTSIDE)
    assert _follow(database, (_step(each, _OUTSIDE) for each in sections)) == {}


def _change(session: ScratchSession, sql: str) -> Change:
    before = session.state.snapshot()
    _run(session, _step(sql))
    return compare_snapshots(before, session.state.snapshot())


@pytest.mark.parametrize("count", [3, 60])
def test_as_much_is_read_when_there_are_more_tables(session: ScratchSession, count: int) -> None:
    table = "(id int PRIMARY KEY, t0 int REFERENCES t0, name text NOT NULL UNIQUE)"
    tables = [f"CREATE TABLE t{number} {table}" for number in range(1, count)]
    _run(session, _step("; ".join(["CREATE TABLE t0 (id int PRIMARY KEY)", *tables])))
    session.state.snapshot()
    SampleMaker(3).fill(session)
    change = _change(session, "UPDATE t2 SET name = upper(name); ALTER TABLE t2 ADD x int")
    assert {*change.rows_now} == {"public.t2"}
    assert {name for _, name in change.objects_now if "t2" not in name} == set()
