"""plain_alembic: revisions in the order of their history, each for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.conversion import convert_folder
from promptlib.importing.tools.plain_alembic import read_folder
from support.imports import SAMPLES, sections, told, versions, write

if TYPE_CHECKING:
    from pathlib import Path

_REVISION = '''"""{title}"""
revision = {name!r}
down_revision = {before!r}

def upgrade():
    from alembic import op
    {up}

def downgrade():
    pass
'''


def revision(name: str, before: object, up: str = "pass", title: str = "x") -> dict[str, str]:
    text = _REVISION.format(name=name, before=before, up=up, title=title)
    return {f"versions/{name}_x.py": text}


def test_what_alembic_renders() -> None:
    made = convert_folder(read_folder(SAMPLES / "alembic"), "alembic", SAMPLES)
    assert versions(made) == {
        "20240102030405": ("1975ea83b712",),
        "20240102030406": ("2dc4342adfea",),  # of the same second
        "20240202230000": ("ae1027a6acf2",),
        "20240304050607": ("b1946ac92492",),
    }
    found = sections(made)
    assert "VALUES ('semi;colon-- 100% $1 :name');" in found["20240102030405"][0]
    assert found["20240202230000"] == (
        "outside: CREATE INDEX CONCURRENTLY users_lower_email ON users (lower(email));",
        "outside: DROP INDEX CONCURRENTLY users_lower_email;",
    )


def test_branches_become_one_line_and_what_asks_a_database_is_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **revision("a1", None, "op.execute('A')"),
            **revision("b2", "a1", "op.execute('B')", title="On the left"),
            **revision("c3", "a1", "op.get_bind().execute('x').scalar()"),
            **revision("d4", ("b2", "c3"), "print('hello')"),
        },
    )
    made = convert_folder(read_folder(tmp_path), "alembic", tmp_path)
    assert made.notes[0].startswith("the history has branches, behind a1; here it is one line")
    assert [each.source.tool_versions[0] for each in made.migrations] == ["a1", "b2", "d4"]
    assert made.migrations[0].file.version == "20000101000001"
    (problem,) = told(made, tmp_path)
    assert problem.startswith("versions/c3_x.py: upgrade() cannot be rendered without a database: ")
    assert [up for up, _ in sections(made).values()] == ["A;", "B;", "SELECT 1;"]
