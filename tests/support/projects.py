"""The project's commands as a user runs them, here or in a copy of the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import forks
from support.processes import Process

ONE, TWO, THREE = "20250101000001", "20250101000002", "20250102000003"
ROOT = Path(__file__).parents[2]
_OURS = ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "ALEMBIC_CONFIG")


def run(
    program: str,
    *arguments: str,
    ok: bool | None = True,
    traceback: bool = False,
    folder: Path = ROOT,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a program of this virtual environment.

    `ok` is whether it must succeed (True), must fail (False), or may do either (None);
    `traceback` whether it may show one.
    """
    command = [path_of(program), *arguments]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        here = forks.Command(command, folder, environment_with(environment))
        started = forks.start(here, output, errors)
        code = started.wait()
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode())
    result = subprocess.CompletedProcess(command, code, *texts)
    said = f"{program} {' '.join(arguments)} -> {result.returncode}\n{result.stdout}{result.stderr}"
    assert ok is None or (result.returncode == 0) is ok, said
    assert traceback or "Traceback" not in said, said
    return result


def path_of(program: str) -> str:
    """A program of this virtual environment."""
    return str(Path(sys.executable).parent / program)


def environment_with(changes: dict[str, str]) -> dict[str, str]:
    """The environment of a command, which knows no database but the test's own."""
    inherited = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**inherited, **changes}


@dataclass
class Project:
    """A copy of the project in a folder of its own, with migrations of the test's own."""

    folder: Path
    url: str = ""

    @classmethod
    def copy(cls, folder: Path, url: str = "", *, migrations: bool = False) -> Project:
        """Copy what a project consists of; with this project's migrations or with none."""
        shutil.copy(ROOT / "alembic.ini", folder)
        shutil.copytree(ROOT / "alembic", folder / "alembic", ignore=_caches)
        if migrations:
            shutil.copytree(ROOT / "sql", folder / "sql")
        else:
            (folder / "sql").mkdir()
        return cls(folder, url)

    def add(self, version: str | int, up: str, down: str = "SELECT 1;", name: str = "x") -> Path:
        """Drop a migration into sql/. A short version counts from the year 2025."""
        return self.write(f"{full(version)}_{name}.sql", f"-- UP\n{up}\n-- DOWN\n{down}\n")

    def write(self, name: str, content: str | bytes) -> Path:
        """Drop any file into sql/, byte for byte."""
        path = self.folder / "sql" / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def configure(self, **options: str) -> None:
        """Set options of the section [alembic], which is alembic.ini's last."""
        path = self.folder / "alembic.ini"
        kept = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.partition(" = ")[0] not in options
        ]
        set_anew = [f"{name} = {value}" for name, value in options.items()]
        path.write_text("".join(f"{line}\n" for line in [*kept, *set_anew]), encoding="utf-8")

    def alembic(
        self, *arguments: str, ok: bool | None = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `alembic` here; see `run`."""
        if self.url:
            environment.setdefault("DATABASE_URL", self.url)
        return run("alembic", *arguments, ok=ok, traceback=False, folder=self.folder, **environment)

    def promptlib(
        self, *arguments: str, ok: bool | None = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `promptlib` here; see `run`."""
        if self.url:
            environment.setdefault("DATABASE_URL", self.url)
        return run(
            "promptlib", *arguments, ok=ok, traceback=False, folder=self.folder, **environment
        )

    def document(self, *command: str, ok: bool | None = True) -> Any:
        """What a command of `promptlib` says with `--json`; see `run`."""
        return json.loads(self.promptlib(*command, "--json", ok=ok).stdout)

    def start(self, program: str, *arguments: str, **environment: str) -> Process:
        """Run `alembic` or `promptlib` here, beside the test: `with project.start(...) as it`."""
        if self.url:
            environment.setdefault("DATABASE_URL", self.url)
        return Process([path_of(program), *arguments], self.folder, environment_with(environment))


def full(version: str | int) -> str:
    """A version of 14 digits: 3 stands for 20250101000003."""
    text = str(version)
    return text if len(text) > 2 else f"202501010000{text:0>2}"


def _caches(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name == "__pycache__"}
