"""database: where Alembic's API and its command go, whatever DATABASE_URL says."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from promptlib.alembic_bridge.database import choose_database, require_ours
from promptlib.core.errors import ConfigurationError
from support import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.databases import Database
    from support.projects import Project
    from support.servers import Server

pytestmark = pytest.mark.servers("newest")


@pytest.fixture
def real(server: Server, three: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that nobody may touch by mistake: DATABASE_URL leads there."""
    made = server.create()
    three.url = made.url
    monkeypatch.setenv("DATABASE_URL", made.url)
    inside.alembic(three, "upgrade", "head")
    yield made
    server.drop(made.name)


def _config(three: Project, url: str, **options: object) -> Config:
    config = Config(three.folder / "alembic.ini", cmd_opts=Namespace(x=None, **options))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def test_a_program_that_sets_the_url_never_reaches_another_database(
    three: Project, database: Database, real: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _config(three, database.url.replace("postgresql://", "postgresql+asyncpg://"))
    for refused in (command.downgrade, command.stamp):
        with pytest.raises(CommandError) as caught:
            refused(config, "base")
        assert str(caught.value) == (
            f"the program: sqlalchemy.url is {_shown(database)}, and DATABASE_URL of the "
            f"environment is {_shown(real)}; take one out, or say which is meant: "
            'attributes["connection"]'
        )
    assert (real.tables() - {"alembic_version"}, database.tables()) == ({"a", "b", "c"}, set())

    config.cmd_opts = Namespace(x=[f"url={database.url}"])
    command.upgrade(config, "+1")
    config.cmd_opts = None
    monkeypatch.setenv("DATABASE_URL", database.url)
    command.upgrade(config, "+1")
    monkeypatch.delenv("DATABASE_URL")
    command.upgrade(config, "+1")
    assert {"a", "b", "c"} <= database.tables()
    command.downgrade(config, "base")
    assert database.tables() == {"alembic_version"}
    assert {"a", "b", "c"} <= real.tables()


def test_who_looks_is_told_and_sees_what_the_configuration_says(
    three: Project, database: Database, real: Database
) -> None:
    three.configure(**{"sqlalchemy.url": database.url})
    looked = inside.alembic(three, "current")
    assert looked.stdout == ""
    assert looked.stderr.endswith("nothing deploys until one of them is taken out\n")
    refused = inside.alembic(three, "downgrade", "base", ok=False)
    assert refused.stderr.endswith("; take one out, or say which is meant: -x url=URL\n")
    assert refused.stderr.startswith("alembic.ini: sqlalchemy.url is ")
    inside.alembic(three, "-x", f"url={real.url}", "downgrade", "-1")
    assert {"a", "b"} <= real.tables()
    assert "c" not in real.tables()
    for typed in ("url=", "url"):
        said = inside.alembic(three, "-x", typed, "current", ok=False).stderr
        assert said.startswith("-x url: the URL is empty; ")


def _shown(database: Database) -> str:
    return database.url.partition("?")[0]


def test_what_a_program_has_set_is_told_from_what_the_file_says(three: Project) -> None:
    ini = str(three.folder / "alembic.ini")
    three.configure(**{"sqlalchemy.url": "postgresql://h/d"})
    assert choose_database(Config(ini)).configured.place == ini
    assert choose_database(_config(three, "postgresql://h/d")).configured.place == ini
    assert choose_database(_config(three, "postgresql://h/e")).configured.place == "the program"


def test_what_is_passed_as_a_connection() -> None:
    ours = create_engine("postgresql+psycopg2://h/d")
    assert require_ours(ours) is ours
    for given, said in [
        (AsyncEngine.__new__(AsyncEngine), "is a sqlalchemy.ext.asyncio.engine.AsyncEngine; pass"),
        (object(), "is a object; pass create_engine("),
    ]:
        with pytest.raises(ConfigurationError, match="connection") as caught:
            require_ours(given)
        assert said in str(caught.value)
