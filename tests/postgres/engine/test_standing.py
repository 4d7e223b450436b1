"""standing: what stays of a deploy that stopped; most of it is in tests/data/messages/commands."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from promptlib import Migrator, StatementError
from promptlib.core.remedies import Front
from support.projects import ONE, TWO, full

if TYPE_CHECKING:
    from support.databases import Database
    from support.projects import Project

pytestmark = pytest.mark.servers("newest")
_FAILS = "SELECT 1/0;"


def test_a_program_reads_it_beside_the_error(project: Project) -> None:
    project.add(1, "SELECT 1;", _FAILS)
    project.add(2, "SELECT 1;")
    project.add(3, _FAILS)
    with Migrator(project.url, config=str(project.folder / "alembic.ini")) as migrator:
        with pytest.raises(StatementError) as raised:
            migrator.migrate(full(3))
        stands = f"nothing of {full(3)} stays; the database is at {TWO}, 1 migration pending; "
        stands += "run promptlib migrate again when it is mended"
        assert raised.value.stands == stands
        assert str(raised.value).endswith(f"\n{stands}")
        assert (
            pickle.loads(pickle.dumps(raised.value))
            .told(Front.ALEMBIC)
            .endswith("run alembic upgrade head again when it is mended")
        )
        with pytest.raises(StatementError) as raised:
            migrator.rollback(to="base", allow_data_loss=True)
        assert raised.value.stands == (
            f"{ONE} stays as it was; the database is at {ONE}, 2 migrations pending; "
            "run promptlib rollback --to base --allow-data-loss again when it is mended"
        )


def test_a_late_one_that_fails_leaves_the_database_where_it_was(project: Project) -> None:
    project.add(1, "SELECT 1;")
    project.add(3, "SELECT 1;")
    project.promptlib("migrate")
    project.add(2, _FAILS)
    project.add(4, "SELECT 1;")
    said = project.promptlib("migrate", full(4), "--late", "apply", ok=False).stderr
    assert said.endswith(
        f"nothing of {full(2)} stays; the database is at {full(3)}, 2 migrations pending; "
        "run promptlib migrate --late apply again when it is mended\n"
    )


def test_one_that_undoes_half_a_down_is_not_late(project: Project, database: Database) -> None:
    database.query("CREATE TABLE n AS SELECT 1 AS i")
    up, down = "SELECT 1 / i FROM n;", f"SELECT 1;\n{_FAILS}"
    marker = " transaction:false"
    project.write(f"{ONE}_x.sql", f"-- UP{marker}\n{up}\n-- DOWN{marker}\n{down}\n")
    project.promptlib("migrate")
    project.promptlib("rollback", ok=False)
    database.query("UPDATE n SET i = 0")
    said = project.promptlib("migrate", ok=False).stderr
    assert said.endswith("run promptlib migrate again when it is mended\n")


def test_in_a_caller_s_transaction_the_rest_is_his(project: Project, database: Database) -> None:
    project.add(1, "CREATE TABLE a (i int);")
    project.add(2, _FAILS)
    config = Config(project.folder / "alembic.ini")
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match=rf"nothing of {TWO} stays; what ran .* yours to co"):
            command.upgrade(config, "head")
