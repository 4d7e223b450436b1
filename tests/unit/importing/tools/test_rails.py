"""rails: structure.sql without Rails' own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.importing.tools.rails import read_folder
from support.imports import SAMPLES, convert, sections, told

if TYPE_CHECKING:
    from pathlib import Path


def test_a_structure_is_one_migration(tmp_path: Path) -> None:
    text = (SAMPLES / "rails" / "structure.sql").read_text("utf-8")
    made = convert(read_folder, tmp_path, {"db/structure.sql": text})
    assert not made.problems
    (baseline,) = made.migrations
    assert baseline.file.version == "20240304050607"
    assert baseline.source.tool_versions == ("20240102030405", "20240304050607")
    up, down = sections(made)["20240304050607"]
    lines = {line for line in text.splitlines() if not line.startswith("--")}
    left_out = lines - {*up.splitlines()}
    assert {line.strip(" ,;").split("(")[0].strip() for line in left_out} == {
        *("", 'INSERT INTO "schema_migrations"'),
        *("CREATE TABLE public.ar_internal_metadata", "CREATE TABLE public.schema_migrations"),
        *("key character varying NOT NULL", "value character varying"),
        *("created_at timestamp", "updated_at timestamp", "version character varying NOT NULL"),
        *(
            "ALTER TABLE ONLY public.ar_internal_metadata",
            "ALTER TABLE ONLY public.schema_migrations",
        ),
        "ADD CONSTRAINT ar_internal_metadata_pkey PRIMARY KEY",
        "ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY",
    }
    assert "RAISE EXCEPTION" in down


def test_what_is_none(tmp_path: Path) -> None:
    ruby = convert(read_folder, tmp_path / "a", {"db/migrate/20240102030405_x.rb": "class X"})
    assert "migrations in Ruby cannot run here; set config" in told(ruby, tmp_path)[0]
    bare = convert(read_folder, tmp_path / "b", {"structure.sql": "CREATE TABLE a ();\n"})
    (problem,) = told(bare, tmp_path / "b")
    assert problem.startswith("structure.sql: it does not say which migrations it stands for; ")
    broken = convert(read_folder, tmp_path / "c", {"structure.sql": "\\restrict x\nSELECT 'a;\n"})
    assert told(broken, tmp_path / "c") == [
        "structure.sql:2: this quote is never closed; close it with '"
    ]
