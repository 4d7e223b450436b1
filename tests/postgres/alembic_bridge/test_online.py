"""`on_version_apply`: who wants to know of each version is called as Alembic calls him."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config

from support.ledgers import applied, current, versions
from support.projects import full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

pytestmark = pytest.mark.servers("newest")

_ENV = """
from alembic import context
from promptlib import environment

def note(ctx, step, heads, run_args):
    version = step.up_revision_id or ""
    fact = f"{version[-1:]} {step.is_upgrade} {step.is_stamp} {sorted(heads)} {run_args}"
    ctx.connection.exec_driver_sql("INSERT INTO noted (fact) VALUES (%s)", (fact,))
    if fact.startswith("3"):
        raise LookupError("version 3 is not wanted")

context.configure(url="postgresql://", on_version_apply=note)
environment.run(context)
"""


@pytest.fixture
def noting(project: Project, database: Database) -> Project:
    """A project of three migrations, whose env.py notes each version; the third is not wanted."""
    (project.folder / "alembic" / "env.py").write_text(_ENV)
    database.query("CREATE TABLE noted (id int GENERATED ALWAYS AS IDENTITY, fact text)")
    project.add(1, "CREATE TABLE a (i int);", "DROP TABLE a;")
    project.write(
        f"{full(2)}_x.sql",
        "-- UP transaction:false\nCREATE TABLE b (i int);\n-- DOWN\nDROP TABLE b;\n",
    )
    project.add(3, "CREATE TABLE c (i int);", "DROP TABLE c;")
    return project


def noted(database: Database) -> list[str]:
    return [fact for (fact,) in database.query("SELECT fact FROM noted ORDER BY id")]


def _config(project: Project, **attributes: Any) -> Config:
    return Config(project.folder / "alembic.ini", attributes=attributes)


def test_it_is_called_for_each_version_in_its_transaction(
    noting: Project, database: Database
) -> None:
    config = _config(noting, connection=database.engine)
    command.upgrade(config, full(2))
    told = [f"{n} True False ['{full(n)}'] {{}}" for n in (1, 2)]
    assert noted(database) == told
    with pytest.raises(LookupError, match="not wanted"):
        command.upgrade(config, "head")
    # What it wrote is gone with the version, and so is what the section made.
    assert noted(database) == told
    assert (current(database), applied(database)) == (versions(2), versions(1, 2))
    assert "c" not in database.tables()
    command.downgrade(config, "base")
    told += [f"2 False False ['{full(1)}'] {{}}", "1 False False [] {}"]
    assert noted(database) == told


def test_it_is_called_for_what_somebody_declares(noting: Project, database: Database) -> None:
    config = _config(noting, connection=database.engine)
    command.stamp(config, full(2))
    assert noted(database) == [f"2 True True ['{full(2)}'] {{}}"]
    assert (current(database), applied(database)) == (versions(2), versions(1, 2))
    command.stamp(config, "base")
    assert noted(database)[1:] == ["2 False True [] {}"]


def test_it_is_called_in_a_caller_s_transaction(noting: Project, database: Database) -> None:
    with database.engine.connect() as connection, connection.begin() as transaction:
        command.upgrade(_config(noting, connection=connection), full(1))
        transaction.rollback()
    assert noted(database) == []
    assert database.tables() == {"noted"}


def test_alembic_s_op_works_there(noting: Project, database: Database) -> None:
    path = noting.folder / "alembic" / "env.py"
    text = path.read_text().replace(
        'ctx.connection.exec_driver_sql("INSERT INTO noted (fact) VALUES (%s)", (fact,))',
        "from alembic import op; op.execute(f\"INSERT INTO noted (fact) VALUES ('{version}')\")",
    )
    path.write_text(text)
    noting.alembic("upgrade", full(1))
    assert noted(database) == versions(1)


_MEDDLING = {
    "keeps an error": """
    try:
        ctx.connection.exec_driver_sql("SELECT 1/0")
    except Exception:
        pass
""",
    "rolls back": """
    ctx.connection.connection.driver_connection.rollback()
""",
    "rolls back and goes on": """
    ctx.connection.connection.driver_connection.rollback()
    ctx.connection.exec_driver_sql("SELECT 1")
""",
}


@pytest.mark.parametrize("what", _MEDDLING)
def test_it_cannot_break_a_version_in_silence(
    noting: Project, database: Database, what: str
) -> None:
    path = noting.folder / "alembic" / "env.py"
    text = path.read_text()
    head, tail = text.index("    version = step"), text.index("context.configure")
    path.write_text(f"{text[:head]}{_MEDDLING[what]}\n{text[tail:]}")
    failed = noting.alembic("upgrade", full(1), ok=False)
    assert "on_version_apply has broken or ended the transaction" in failed.stderr
    assert (current(database), applied(database)) == ([], [])
    assert "a" not in database.tables()
    failed = noting.alembic("stamp", full(1), ok=False)
    assert "on_version_apply has broken or ended the transaction" in failed.stderr
    assert (current(database), applied(database)) == ([], [])


def test_it_is_called_while_a_script_is_written(noting: Project, database: Database) -> None:
    path = noting.folder / "alembic" / "env.py"
    text = path.read_text()
    head, tail = text.index("    version = step"), text.index("context.configure")
    said = '    ctx.impl.static_output(f"-- told of {step.up_revision_id} {sorted(heads)}")\n'
    path.write_text(f"{text[:head]}{said}\n{text[tail:]}")
    script = noting.alembic("upgrade", f"base:{full(2)}", "--sql").stdout
    told = [line for line in script.splitlines() if line.startswith("-- told")]
    assert told == [f"-- told of {full(n)} [{full(n)!r}]" for n in (1, 2)]
    assert database.tables() == {"noted"}
