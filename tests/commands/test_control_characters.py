"""No control character, and nothing that hides, reaches a terminal, wherever it is from."""

from __future__ import annotations

import os
import re
import subprocess
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from support.projects import ONE, TWO, Project, environment_with, path_of
from support.terminals import Terminal

if TYPE_CHECKING:
    from support.databases import Database

_HOSTILE = "\x1b]0;x\x07\x9b31m\u202e\u2066\u200b\u2028\ufeff\x7f"
_SHOWN = "\\x1b]0;x\\x07\\u009b31m\\u202e\\u2066\\u200b\\u2028\\ufeff\\u007f"
_ROLE = f"who{_HOSTILE}"
# What we write to a terminal ourselves: colours, and what erases a line that comes and goes.
_OURS = re.compile(r"\x1b\[(?:0|3[1-3])m|\r\x1b\[K")
_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}


def _assert_clean(text: str) -> None:
    """No control character, nothing invisible."""
    left = {each for each in text if unicodedata.category(each) in _HIDDEN} - {"\n", "\t"}
    assert not left, repr(text)


def _texts(document: object) -> list[str]:
    """All texts in a JSON document."""
    if isinstance(document, dict | list):
        inside = document.values() if isinstance(document, dict) else document
        return [text for each in inside for text in _texts(each)]
    return [str(document)]


def _clean(project: Project, program: str, *arguments: str, shows: str = "") -> str:
    """Run a command that may do as it likes; all that it says."""
    run = project.alembic if program == "alembic" else project.promptlib
    result = run(*arguments, ok=None)
    said = result.stdout + result.stderr
    _assert_clean(said)
    assert shows in said
    return said


@pytest.fixture
def hostile(project: Project, database: Database) -> Project:
    """A project and a database whose names and texts are so."""
    project.add(
        ONE,
        f'CREATE TABLE "t{_HOSTILE}" (i int);\n'
        f"DO $$ BEGIN RAISE NOTICE 'n{_HOSTILE}'; RAISE WARNING 'w{_HOSTILE}'; END $$;",
        f'DROP TABLE "t{_HOSTILE}";',
    )
    database.server.role(_ROLE, "SUPERUSER LOGIN")
    return project


def test_what_a_deploy_tells(hostile: Project) -> None:
    said = _clean(hostile, "promptlib", "migrate", shows=f"n{_SHOWN}")
    assert f"w{_SHOWN}" in said
    _clean(hostile, "promptlib", "db", "show", shows=f"t{_SHOWN}")
    _clean(hostile, "promptlib", "rollback", "--yes")
    _clean(hostile, "alembic", "upgrade", "head", shows=f"n{_SHOWN}")


def test_what_a_failure_tells(hostile: Project) -> None:
    hostile.add(TWO, f'SELECT 1;\nDROP TABLE "gone{_HOSTILE}";')
    for command in (("promptlib", "migrate"), ("alembic", "upgrade", "head")):
        said = _clean(hostile, *command, shows=f'table "gone{_SHOWN}" does not exist')
        assert f'DROP TABLE "gone{_SHOWN}";' in said
    _clean(hostile, "promptlib", "history", shows=f"gone{_SHOWN}")
    hostile.add(TWO, f'SELECT "{_HOSTILE}" AS a, nope;')
    line, caret = _clean(hostile, "promptlib", "migrate").splitlines()[-3:-1]
    assert line[caret.index("^") :].startswith('"\\x1b')
    assert caret.index("^") == line.index('"\\x1b')


def test_what_an_author_raises(hostile: Project) -> None:
    hostile.add(
        TWO,
        f"DO $$ BEGIN RAISE 'm{_HOSTILE}' USING\n"
        f"HINT = 'h{_HOSTILE}', DETAIL = 'd{_HOSTILE}'; END $$",
    )
    said = _clean(hostile, "alembic", "upgrade", "head", shows=f"m{_SHOWN}")
    assert f"hint: h{_SHOWN}" in said
    assert f"detail: d{_SHOWN}" in said


def test_what_the_ledger_holds(hostile: Project, database: Database) -> None:
    hostile.promptlib("migrate")
    database.query("UPDATE migrations SET executed_by = %s, name = %s", _ROLE, f"x\n{_HOSTILE}")
    database.query("UPDATE migration_events SET error = %s, executed_by = %s", _ROLE, _ROLE)
    for command in ("status", "executed", "history"):
        said = _clean(hostile, "promptlib", command, shows=f"who{_SHOWN}")
        assert len(said.splitlines()) <= 3
        assert _ROLE in _texts(hostile.document(command, ok=None))


def test_who_is_connected(hostile: Project, database: Database) -> None:
    _clean(hostile, "promptlib", "migrate")
    hostile.url = database.url.replace("//postgres@", f"//{quote(_ROLE)}@")
    _clean(hostile, "promptlib", "db", "test", shows=f"who{_SHOWN}")


@pytest.mark.parametrize(
    "command",
    [
        ("promptlib", f"stat{_HOSTILE}"),
        ("promptlib", "migrate", f"{_HOSTILE}"),
        ("promptlib", "check", "--base", f"b{_HOSTILE}"),
        ("promptlib", "--config", f"{_HOSTILE}.ini", "status"),
        ("promptlib", "new", f"{_HOSTILE}"),
        ("promptlib", "erd", "--output", f"/nowhere/{_HOSTILE}"),
        ("promptlib", "backup", "--output", f"/nowhere/{_HOSTILE}"),
        ("alembic", "upgrade", f"nope{_HOSTILE}"),
        ("alembic", "show", f"nope{_HOSTILE}"),
        ("alembic", "-x", f"late={_HOSTILE}", "upgrade", "head"),
        ("alembic", "revision", "-m", f"{_HOSTILE}"),
    ],
)
def test_what_was_typed(hostile: Project, command: tuple[str, ...]) -> None:
    _clean(hostile, *command)


def test_the_names_of_files_and_folders(hostile: Project) -> None:
    odd = hostile.folder / "sql" / f"a{_HOSTILE}\n.sql"
    odd.write_text("")
    for command in (("promptlib", "status"), ("alembic", "history"), ("promptlib", "lint")):
        _clean(hostile, *command, shows=f"a{_SHOWN}\\x0a.sql")
    odd.unlink()
    folder = hostile.folder / f"größe 日本{_HOSTILE}"
    folder.mkdir()
    project = Project.copy(folder, hostile.url)
    project.add(ONE, "SELECT 1;")
    _clean(project, "alembic", "history", "-v", shows=f"größe 日本{_SHOWN}/sql")
    _clean(project, "alembic", "upgrade", "head")
    _clean(project, "alembic", "current", "-v", shows=f"größe 日本{_SHOWN}/sql")


def test_a_script_stays_as_it_is_but_on_a_terminal(hostile: Project) -> None:
    script = hostile.alembic("upgrade", "head", "--sql").stdout
    assert f'"t{_HOSTILE}"' in script
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [path_of("alembic"), "upgrade", "head", "--sql"],
        cwd=hostile.folder,
        env=environment_with({"DATABASE_URL": hostile.url}),
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ):
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 1 << 16):
                said += piece
        except OSError:
            pass  # it has ended
        os.close(ours)
    text = said.decode().replace("\r\n", "\n")
    _assert_clean(text)
    assert f'"t{_SHOWN}"' in text


def test_what_goes_from_files_and_into_them(hostile: Project) -> None:
    hostile.promptlib("migrate")
    folder = f"b{_HOSTILE}\n"
    saved = _clean(hostile, "promptlib", "backup", folder, shows=f"b{_SHOWN}\\x0a/test_")
    assert len(saved.splitlines()) == 3
    (path,) = (hostile.folder / folder).iterdir()
    restored = _clean(hostile, "promptlib", "restore", f"{folder}/{path.name}", "--yes")
    assert len(restored.splitlines()) == 3
    _clean(hostile, "promptlib", "dump", f"{folder}/s.sql", shows=f"b{_SHOWN}\\x0a/s.sql")
    (hostile.folder / "sql" / f"{ONE}_x.sql").unlink()
    (hostile.folder / "sql" / f"{TWO}_y.sql").write_text(f'-- UP\nDROP TABLE "{_HOSTILE}\n";')
    assert len(_clean(hostile, "promptlib", "lint").splitlines()) == 2
    with Terminal(hostile, "dump") as terminal:
        _assert_clean(_OURS.sub("", terminal.ends(0)))


def test_at_a_terminal(hostile: Project, database: Database) -> None:
    with Terminal(hostile, "migrate") as terminal:
        _assert_clean(_OURS.sub("", terminal.ends(0)))
    database.query("UPDATE migrations SET executed_by = %s", f"\x1b[31mwho\x1b[0m{_HOSTILE}")
    with Terminal(hostile, "status") as terminal:
        screen = terminal.ends(0)
        assert "\x1b[32mexecuted\x1b[0m" in screen
        assert f"\\x1b[31mwho\\x1b[0m{_SHOWN}" in screen
        _assert_clean(_OURS.sub("", screen))
    with Terminal(hostile, "rollback") as terminal:
        terminal.says("take")
        terminal.type("y")
        _assert_clean(_OURS.sub("", terminal.ends(0)))


def test_a_printable_path_stays_as_it_is(project: Project) -> None:
    folder = project.folder / "größe 日本"
    folder.mkdir()
    odd = Project.copy(folder, project.url)
    odd.add(ONE, "SELECT 1;")
    _clean(odd, "alembic", "history", "-v", shows=f"größe 日本/sql/{ONE}_x.sql")
