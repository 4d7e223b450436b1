"""project: what a folder lacks, whatever is in it already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from promptlib.config.project import read_project
from promptlib.core.errors import ConfigurationError
from promptlib.files.file_set import write_together
from promptlib.scaffold.project import (
    PlannedProject,
    WantedProject,
    choose_configuration,
    is_model,
    plan_project,
)
from support.imports import write

_PLAIN_INI = "[alembic]\nscript_location = %(here)s/alembic\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, and no database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)


def plan(**wanted: Any) -> PlannedProject:
    config = wanted.pop("config", choose_configuration(Path()))
    return plan_project(WantedProject(config, wanted.pop("section", "alembic"), **wanted))


def names(planned: PlannedProject) -> list[str]:
    """What it would write; a + before what is there."""
    return [f"{'' if each.before is None else '+'}{each.path}" for each in planned.changes]


def contents(planned: PlannedProject, name: str) -> str:
    return next(each.after for each in planned.changes if str(each.path) == name).decode()


def test_an_empty_folder() -> None:
    planned = plan()
    assert names(planned) == [
        *("alembic.ini", "sql/.gitkeep", "alembic/env.py", ".env.example", ".gitignore")
    ]
    assert planned.remarks == ["set DATABASE_URL, or write it into .env, as .env.example shows"]
    write_together(planned.changes)
    project = read_project("", {}, "")
    assert project.settings.ledger_table == "promptlib_migrations"
    assert (project.sql.name, project.sql.is_dir(), Path(project.scripts, "env.py").is_file()) == (
        *("sql", True, True),
    )
    again = plan()
    assert (names(again), len(again.kept)) == ([], 4)


def test_all_that_can_be_wanted() -> None:
    planned = plan(
        sql="db/changes",
        scripts="db/alembic",
        model="our.app:Base.metadata",
        ci="gitlab",
        url="postgresql://u:it's@h/d",
    )
    assert names(planned) == [
        *("alembic.ini", "db/changes/.gitkeep", "db/alembic/env.py", ".env.example", ".env"),
        *(".gitignore", ".gitlab-ci.yml"),
    ]
    assert contents(planned, ".env") == "DATABASE_URL='postgresql://u:it%27s@h/d'\n"
    env = contents(planned, "db/alembic/env.py")
    assert "    from our.app import Base\n\n    return Base.metadata\n" in env
    compile(env, "env.py", "exec")
    assert [each.path.name for each in planned.changes if each.is_secret] == [".env"]
    assert planned.remarks == []
    write_together(planned.changes)
    assert read_project("", {}, "").target().parameters["password"] == "it's"


def test_what_is_there_stays() -> None:
    files = {
        "alembic/env.py": "",
        "sql/20240102030405_a.sql": "",
        ".env.example": "",
        ".env": "OTHER=1",
        ".gitignore": "/.promptlib\n*.pyc",
        ".gitlab-ci.yml": "",
        ".github/workflows/migrations.yml": "",
        "pyproject.toml": "[build-system]\n",
        "requirements.txt": "",
    }
    write(Path(), files)
    planned = plan(url="postgresql://h/d", ci="gitlab")
    assert names(planned) == [
        *("+pyproject.toml", "+.env", "+.gitignore", ".gitlab/migrations.yml")
    ]
    assert contents(planned, ".env") == "OTHER=1\nDATABASE_URL='postgresql://h/d'\n"
    assert contents(planned, ".gitignore") == "/.promptlib\n*.pyc\n.env\n"
    assert [each.partition(";")[0] for each in planned.remarks] == [
        *("alembic/env.py stays as it is", ".gitlab-ci.yml is yours"),
    ]
    workflow = contents(planned, ".gitlab/migrations.yml")
    assert "pip install --editable . --requirement requirements.txt 'promptlib[" in workflow
    assert names(plan(ci="github")) == ["+pyproject.toml", "+.gitignore"]


def test_plain_alembic_with_revisions_is_converted_or_left_alone() -> None:
    write(Path(), {"alembic.ini": _PLAIN_INI, "alembic/versions/a.py": "", "alembic/env.py": ""})
    with pytest.raises(ConfigurationError, match="alembic/versions: 1 revisions of plain Alembic"):
        plan()
    planned = plan(converts=True)
    assert names(planned)[0] == "+alembic.ini"
    assert contents(planned, "alembic.ini").splitlines()[1] == "sql_location = %(here)s/sql"
    assert planned.remarks[0].startswith("alembic/env.py stays as it is; Alembic's own commands")


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("alembic.ini", None),
        ("alembic.ini", _PLAIN_INI),
        ("pyproject.toml", ""),
        ("pyproject.toml", '[tool.alembic]\nscript_location = "a"\n'),
    ],
)
def test_a_server_of_its_own_is_asked_for(name: str, before: str | None) -> None:
    write(Path(), {} if before is None else {name: before})
    planned = plan(embedded=True)
    assert planned.remarks == []
    write_together(planned.changes)
    assert read_project("", {}, "").database.configured.embedded
    with pytest.raises(ConfigurationError, match="so --embedded would change nothing"):
        plan(embedded=True)
    assert plan().remarks == []


def test_another_section_of_the_same_file() -> None:
    write(Path(), {"alembic.ini": "[alembic]\nsql_location = %(here)s/sql\n"})
    planned = plan(section="billing", sql="billing", scripts="billing/alembic")
    assert names(planned)[:3] == ["+alembic.ini", "billing/.gitkeep", "billing/alembic/env.py"]
    write_together(planned.changes)
    assert read_project("", {}, "", "billing").sql.name == "billing"
    assert names(plan(section="billing")) == []


def test_another_place() -> None:
    planned = plan(config=Path("below/alembic.ini"))
    assert names(planned)[:2] == ["below/alembic.ini", "below/sql/.gitkeep"]


@pytest.mark.parametrize(
    ("files", "wanted", "said"),
    [
        ({"sql": ""}, {}, "sql: this is no folder, where the migrations shall be; name another"),
        (
            {"sql/V1__a.sql": "", "sql/b.sql": ""},
            {},
            "sql: not only migrations are there: sql/V",
        ),
        ({"alembic": ""}, {}, "alembic: this is no folder, where env.py shall be; name another"),
        ({".env": "DATABASE_URL=x"}, {"url": "postgresql://h/d"}, ".env: it has a DATABASE_URL al"),
        ({}, {"url": "mysql://h/d"}, "--url: the URL has the unknown scheme"),
        ({"alembic.ini": "[alembic]\nsql_location = s\n"}, {"sql": "t"}, "alembic.ini: this confi"),
        ({"alembic.ini": "nonsense"}, {}, "alembic.ini: cannot be read"),
        ({"pyproject.toml": "nonsense"}, {}, "pyproject.toml: cannot be read"),
        ({"alembic.ini/x": ""}, {}, "alembic.ini: cannot be read"),
        ({".env/x": "", ".gitignore/x": ""}, {}, ".gitignore: cannot be read"),
    ],
)
def test_what_stands_in_the_way(files: dict[str, str], wanted: dict[str, str], said: str) -> None:
    write(Path(), files)
    with pytest.raises(ConfigurationError) as caught:
        plan(**wanted)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a.b:C", True),
        ("a:b.c_d", True),
        ("a", False),
        ("a:", False),
        (":b", False),
        ("a b:c", False),
        ("a:b()", False),
    ],
)
def test_what_names_a_model(text: str, answer: bool) -> None:  # noqa: FBT001
    assert is_model(text) is answer
