"""Rows are counted in a file as they are in a database, whatever its tables are called."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from promptlib.postgres.archive import count_differences, read_archive, restore_archive
from promptlib.postgres.url import parse_url

if TYPE_CHECKING:
    from pathlib import Path

    from support.databases import Database

_TABLES = r"""
CREATE TABLE "Quoted (""it""); name" (a text, "b c" int);
INSERT INTO "Quoted (""it""); name" VALUES (E'\\.\n\nCOPY public.x FROM stdin;\n', 1), (NULL, 2);
CREATE TABLE parent (i int); CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3);
CREATE TABLE parted (i int) PARTITION BY LIST (i);
CREATE TABLE part PARTITION OF parted DEFAULT; INSERT INTO parted VALUES (1), (2);
CREATE TABLE nothing ();
CREATE TABLE empty (i int);
CREATE MATERIALIZED VIEW seen AS SELECT i FROM parent;
"""


def test_rows_of_a_file(database: Database, tmp_path: Path) -> None:
    database.query(_TABLES)
    path = tmp_path / "dump"
    dump = [database.server.program("pg_dump"), "--format=custom", f"--file={path}", database.url]
    for further in ([], ["--load-via-partition-root"]):
        subprocess.run([*dump, *further], check=True)
        archive = read_archive(path, 18)
        parts = {"public.parted": 2} if further else {"public.part": 2}
        assert archive.rows == {
            'public."Quoted (""it""); name"': 2,
            "public.parent": 1,
            "public.child": 2,
            "public.empty": 0,
            **({"public.nothing": 0} if "public.nothing" in archive.rows else {}),
            **parts,
        }
        other = database.server.create()
        try:
            target = parse_url(other.url, "the test")
            restore_archive(archive, target, owners=True)
            assert [*count_differences(archive, target)] == []
            other.query("DELETE FROM child WHERE i = 2; INSERT INTO parent VALUES (9)")
            assert sorted(count_differences(archive, target)) == [
                "  public.child: 2 rows in the file, 1 in the database",
                "  public.parent: 1 rows in the file, 2 in the database",
            ]
        finally:
            database.server.drop(other.name)
