"""What docs/ shows is what happens: every command of the pages that a reader follows is run."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from promptlib.files.origin import read_origin
from support.pages import Said, difference, is_same, read_page, run_command
from support.projects import ROOT, Project
from support.tool_databases import leave_database

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

DOCS = ROOT / "docs"
FOLLOWED = [
    DOCS / "quickstart.md",
    DOCS / "runbook.md",
    *sorted((DOCS / "coming-from").glob("*.md")),
]
TOOLS = ROOT / "tests" / "data" / "tools"
# Where a reader of a page about another tool has its migrations.
_FOLDERS = {"dbmate": "db/migrations", "rails": "db", "alembic": "old"}
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: page.stem)
def test_every_command_says_what_the_page_shows(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, database: Database
) -> None:
    if page.parent.name == "coming-from":
        folder = _FOLDERS.get(page.stem, "migrations")
        shutil.copytree(TOOLS / page.stem, tmp_path / folder)
        _leave(page.stem, tmp_path / folder, tmp_path_factory.mktemp("tool"), database)
    ran = 0
    for part in read_page(page):
        if isinstance(part, Said):
            found = run_command(part.command, tmp_path, database)
            assert is_same(part.output, found), difference(part, found)
            ran += 1
        else:
            path = tmp_path / part[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(part[1])
    assert ran


def _leave(tool: str, folder: Path, elsewhere: Path, database: Database) -> None:
    """Bring a database to where a tool has left it, which ran three of its migrations."""
    project = Project.copy(elsewhere, database.url)
    source = folder / "structure.sql" if tool == "rails" else folder
    project.promptlib("import", tool, str(source), "--yes")
    paths = sorted((elsewhere / "sql").glob("*.sql"))[:3]
    project.promptlib("migrate", f"+{len(paths)}")
    origins = [read_origin(path.read_bytes()) for path in paths]
    versions = [version for each in origins if each for version in each.versions]
    leave_database(tool, database, versions)


def _anchors(path: Path) -> set[str]:
    text = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(text))
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in _LINK.findall(text):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link
