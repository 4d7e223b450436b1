"""What commands cost, counted: a machine of any speed counts the same.

The bounds are what was counted, and a little more: who raises one knows what costs more.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support import costs, counting
from support.freezing import Network
from support.projects import Project, environment_with, path_of
from support.sending import sent

if TYPE_CHECKING:
    from support.databases import Database

_FEW, _MANY = 10, 30
_LOOKING = ["status", "pending", "executed", "db test", "migrate"]


def _fill(project: Project, count: int) -> None:
    for number in range(1, count + 1):
        up = f"CREATE TABLE t{number} (i int);\nUPDATE t{number} SET i = 1;"
        project.add(20250101000000 + number, up, f"DROP TABLE t{number};")


def _counted(project: Project, program: str, command: str) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, counting.__file__, program, *command.split()],
        cwd=project.folder,
        env=environment_with({"DATABASE_URL": project.url}),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def _counted_when_done(project: Project, program: str, command: str) -> list[dict[str, Any]]:
    """What a command does where few migrations ran, and where many did."""
    found = []
    for count in (_FEW, _MANY):
        _fill(project, count)
        project.promptlib("migrate")
        found.append(_counted(project, program, command))
    return found


def _statements(
    database: Database,
    project: Project,
    *command: str,
    program: str = "promptlib",
    whole_server: bool = False,
) -> int:
    """How many statements a command sends, to its database or to any."""
    if not database.server.data:
        pytest.skip("the log of a given server cannot be read")
    if whole_server:
        project = Project(project.folder, f"{project.url}?options=-clog_statement%3Dall")
    else:
        database.query(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    log = Path(f"{database.server.data}/log")
    start = log.stat().st_size
    getattr(project, program)(*command)
    with log.open(encoding="utf-8", errors="replace") as lines:
        lines.seek(start)
        return len(re.findall(r"LOG:  statement:", lines.read()))


@pytest.mark.parametrize("command", _LOOKING)
def test_to_look_costs_little_for_each_migration(project: Project, command: str) -> None:
    few, many = _counted_when_done(project, "promptlib", command)
    assert (many["calls"] - few["calls"]) / (_MANY - _FEW) <= 60
    assert many["modules"] == few["modules"]
    assert {*many["opened"].values()} == {1}
    assert len(many["opened"]) == _MANY
    assert "ctypes" not in many["modules"]


# What takes milliseconds to import, and only some command lines, files or answers need.
_SLOW = {
    *("argparse", "configparser", "ctypes", "dataclasses", "dotenv", "hashlib", "inspect"),
    *("importlib.metadata", "logging", "pathlib", "promptlib.files.parser", "random", "shutil"),
    *("_ssl", "socket", "tomllib", "traceback", "typing", "unicodedata", "urllib.parse"),
}


def _imported(project: Project, command: str) -> set[str]:
    """The modules that a command imports, as Python tells."""
    result = subprocess.run(
        [sys.executable, "-X", "importtime", path_of("promptlib"), *command.split()],
        cwd=project.folder,
        env=environment_with({"DATABASE_URL": project.url}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return {*re.findall(r"^import time: .*\| +([\w.]+)$", result.stderr, re.MULTILINE)}


def test_to_look_imports_little(project: Project) -> None:
    _fill(project, _FEW)
    project.promptlib("migrate")
    found = {command: _imported(project, command) for command in _LOOKING}
    assert not {command for command, modules in found.items() if modules & _SLOW}
    checks = found.pop("db test")
    assert max(map(len, found.values())) <= 131
    assert len(checks) <= 143


@pytest.mark.parametrize(
    ("command", "calls"), [("current", 85), ("heads", 70), ("history", 115), ("upgrade head", 110)]
)
def test_alembic_s_commands_cost_little_for_each_migration(
    project: Project, command: str, calls: int
) -> None:
    few, many = _counted_when_done(project, "alembic", command)
    assert (many["calls"] - few["calls"]) / (_MANY - _FEW) <= calls
    assert many["modules"] == few["modules"]
    assert len(many["modules"]) <= 532
    assert {*many["opened"].values()} <= {1}


def test_to_look_takes_as_many_statements_for_many_migrations(
    project: Project, database: Database
) -> None:
    _fill(project, _FEW)
    project.promptlib("migrate")
    few = {each: _statements(database, project, *each.split()) for each in _LOOKING}
    _fill(project, _MANY)
    project.promptlib("migrate")
    assert {each: _statements(database, project, *each.split()) for each in _LOOKING} == few
    # What is there, what is in it; what a deploy would find.
    assert few == {**dict.fromkeys(_LOOKING, 2), "db test": 7}


def _answers(project: Project, database: Database) -> int:
    """For how many answers of the server a deploy waits."""
    with Network(database) as network:
        Project(project.folder, network.url).promptlib("migrate")
        return network.answers


@pytest.mark.parametrize(("way", "waits", "many_more"), [("together", 1, 3), ("singly", 3, 513)])
def test_for_what_a_deploy_waits(
    project: Project, database: Database, way: str, waits: int, many_more: int
) -> None:
    _fill(project, 1)
    project.promptlib("migrate")
    with sent(way):
        _fill(project, 1 + _FEW)
        few = _answers(project, database)
        _fill(project, 1 + _FEW + _MANY)
        many = _answers(project, database)
        project.add(20250201000000, "SELECT 1;")
        one = _answers(project, database)
        project.add(20250201000001, "SELECT 1;" * 513)
        long = _answers(project, database)
    # What records and commits a migration, and the statements of the next go together.
    each = (many - few) / (_MANY - _FEW)
    assert each == waits
    assert long - one == many_more - 1  # at most 256 in a message
    assert one < few - each * (_FEW - 1)  # lock and migration share a session


def _bytes(project: Project, database: Database, command: str) -> tuple[int, int]:
    """How many bytes a command sends, and receives."""
    with Network(database) as network:
        Project(project.folder, network.url).promptlib(*command.split())
        return network.sent, network.received


def test_what_goes_over_the_wire_to_look(project: Project, database: Database) -> None:
    found = []
    for count in (_FEW, _MANY):
        _fill(project, count)
        project.promptlib("migrate")
        found.append({each: _bytes(project, database, each) for each in _LOOKING})
    few, many = found
    for command in _LOOKING:
        assert many[command][0] == few[command][0] <= 8500  # what is asked
        more = many[command][1] - few[command][1]
        assert more / (_MANY - _FEW) <= 235  # a row


def test_what_goes_over_the_wire_for_a_migration(project: Project, database: Database) -> None:
    found = []
    for count in (_FEW, _MANY):
        _fill(project, count)
        found.append(_bytes(project, database, "migrate")[0])
        project.promptlib("rollback", "--to", "base", "--yes")
    few, many = found
    texts = [path.stat().st_size for path in (project.folder / "sql").glob("*.sql")]
    # Its text, once to run and once to be kept, and the record with all that is checked there.
    assert (many - few) / (_MANY - _FEW) - 2 * max(texts) <= 3500


def test_what_alembic_s_command_sends_more(project: Project, database: Database) -> None:
    """What SQLAlchemy asks a server that it meets: BEGIN, four questions, ROLLBACK."""
    _fill(project, 1)
    project.promptlib("migrate")
    project.add(20250201000000, "SELECT 1;")
    ours = _statements(database, project, "migrate")
    project.add(20250201000001, "SELECT 1;")
    assert _statements(database, project, "upgrade", "head", program="alembic") == ours + 6


def test_what_it_costs_to_prove_a_migration(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL);", "DROP TABLE t;")
    assert _statements(database, project, "verify", whole_server=True) <= 160


def test_what_it_costs_to_prove_this_project_s(tmp_path: Path, database: Database) -> None:
    own = Project.copy(tmp_path, database.url, migrations=True)
    assert _statements(database, own, "verify", whole_server=True) <= 2000


def test_to_prove_a_migration_costs_as_much_when_there_are_more_tables(
    project: Project, database: Database
) -> None:
    found = []
    for count in (_FEW, _MANY):
        _fill(project, count)
        whole = _statements(database, project, "verify", whole_server=True)
        found.append(whole / count)
    few, many = found
    assert many <= few


# What a deploy may do at most, however many migrations there are: behind the lock it looks again.
_ONCE = {"read_project": 1, "survey_folder": 1, "DatabaseChoice.target": 1}
_TWICE = {
    "MigrationFiles.read": 2,
    "read_ledger": 2,
    "compare_status": 2,
    "plan_steps": 2,
    "migration_entries": 2,
}


@pytest.mark.parametrize("command", ["migrate", "rollback", "rollback -n 2 --yes"])
@pytest.mark.parametrize("count", [1, _FEW])
def test_a_deploy_asks_for_nothing_more_often_than_it_must(
    project: Project, command: str, count: int
) -> None:
    _fill(project, 2)
    project.promptlib("migrate")
    if command == "migrate":
        _fill(project, 2 + count)
    did = _counted(project, "promptlib", command)
    for name, most in {**_ONCE, **_TWICE}.items():
        assert 1 <= did["ours"][name] <= most, name
    assert {*did["opened"].values()} == {1}
    assert not {name.partition(".")[0] for name in did["modules"]} & {"alembic", "sqlalchemy"}


@pytest.mark.parametrize("command", ["repair --yes", "adopt"])
def test_the_other_deploys_load_no_alembic(project: Project, command: str) -> None:
    _fill(project, 2)
    project.promptlib("migrate")
    (project.folder / "sql" / "20250101000002_x.sql").unlink()
    did = _counted(project, "promptlib", command)
    assert not {name.partition(".")[0] for name in did["modules"]} & {"alembic", "sqlalchemy"}


@pytest.mark.parametrize("command", ["upgrade head", "downgrade -1"])
def test_alembic_s_deploy_asks_no_more(project: Project, command: str) -> None:
    _fill(project, 2)
    project.promptlib("migrate")
    _fill(project, 2 + (_FEW if command == "upgrade head" else 0))
    did = _counted(project, "alembic", command)
    for name, most in {**_TWICE, "survey_folder": 1}.items():
        assert 1 <= did["ours"][name] <= most, name
    assert {*did["opened"].values()} == {1}


def test_no_file_is_read_twice(project: Project, database: Database) -> None:
    _fill(project, _FEW)
    found = _counted(project, "promptlib", "migrate")
    assert ({*found["opened"].values()}, len(found["opened"])) == ({1}, _FEW)
    assert len(database.query("SELECT id FROM migrations")) == _FEW


def test_what_a_migration_costs_alembic_s_command(project: Project, database: Database) -> None:
    _fill(project, _FEW)
    few = _counted(project, "alembic", "upgrade head")
    _fill(project, _FEW + _MANY)
    many = _counted(project, "alembic", "upgrade head")
    assert (many["calls"] - few["calls"]) / (_MANY - _FEW) <= 520
    assert {*many["opened"].values()} == {1}
    assert len(database.query("SELECT id FROM migrations")) == _FEW + _MANY


def _peak(project: Project, program: str, *command: str) -> float:
    """The memory that a command takes at its peak, in MB."""
    return costs.of([path_of(program), *command], project.folder, project.url).memory


def test_rows_that_a_statement_returns_take_no_room(project: Project) -> None:
    project.add(20250101000000, "SELECT repeat('x', 1000) FROM generate_series(1, 300000);")
    with sent("together"):
        assert _peak(project, "promptlib", "migrate") < 60


_LARGE = 32  # MB
_ROW = "({}, 'größer \U0001f600 ''and'' (so on)')"  # letters of one, two and four bytes


@pytest.mark.patient
@pytest.mark.parametrize(
    ("rows", "usual", "commands"),
    [
        (1, "promptlib pending", ["promptlib pending"]),
        (500, "alembic current", ["promptlib migrate", "promptlib status", "alembic current"]),
        (500, "alembic current", ["alembic upgrade head", "promptlib rollback"]),
    ],
)
def test_a_large_file_takes_its_own_room_and_little_more(
    project: Project, rows: int, usual: str, commands: list[str]
) -> None:
    project.add(20250101000000, "CREATE TABLE large (i int, t text);", "DROP TABLE large;")
    project.promptlib("migrate")
    base = _peak(project, *usual.split())
    values = ", ".join(_ROW.format(number) for number in range(rows))
    insert = f"INSERT INTO large VALUES {values};\n"
    project.add(
        20250101000001, insert * (_LARGE * 10**6 // len(insert.encode())), "TRUNCATE large;"
    )
    for command in commands:
        assert _peak(project, *command.split()) - base < 1.6 * _LARGE, command
