"""The Dockerfile's image, as far as it can be built without a daemon: its steps in a folder."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.dockerfile import Stage, build_image
from support.processes import Process, until
from support.projects import ROOT, environment_with

if TYPE_CHECKING:
    from support.databases import Database


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return build_image(ROOT / "Dockerfile", tmp_path_factory.mktemp("image"))


def _start(image: Stage, url: str, *command: str, first: bool = False) -> Process:
    """Run the image; `first` as the first process of its container, as a daemon does."""
    words = [str(image.binaries / image.entrypoint[0]), *(command or image.command)]
    alone = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL"] if first else []
    environment = environment_with({"DATABASE_URL": url} if url else {})
    return Process([*alone, *words], image.folder, environment)


def test_it_brings_a_database_to_head(image: Stage, database: Database) -> None:
    assert image.user != "0"
    assert not [*image.folder.glob("wheels")]
    with _start(image, database.url) as it:
        said = it.ends(0)
    assert "(head)" in said.splitlines()[-1]
    newest = max(path.name[:14] for path in (ROOT / "sql").glob("*.sql"))
    assert database.value("SELECT version_num FROM alembic_version") == newest
    with _start(image, database.url) as it:
        assert it.ends(0).splitlines() == [f"the database is at {newest} (head)"]


def test_without_a_database_it_starts_none(image: Stage) -> None:
    with _start(image, "") as it:
        assert "DATABASE_URL" in it.ends(2)


def test_sigterm_reaches_the_first_process(image: Stage, database: Database) -> None:
    slow = image.folder / "sql" / "20300101000000_slow.sql"
    slow.write_text("-- UP\nSELECT pg_sleep(600);\n-- DOWN\nSELECT 1;\n")
    sleeping = "SELECT 1 FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'"
    try:
        with _start(image, database.url, first=True) as it:
            until(lambda: database.query(sleeping))
            (child,) = Path(f"/proc/{it.pid}/task/{it.pid}/children").read_text().split()
            os.kill(int(child), signal.SIGTERM)
            said = it.ends(143)
    finally:
        slow.unlink()
    assert "interrupted" in said
    assert not database.query(sleeping)
