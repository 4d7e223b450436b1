"""A Dockerfile's steps, done in a folder: what of an image can be built without a daemon.

The folder stands for the root of the image. COPY copies there, RUN runs in its WORKDIR with a
Python of the stage's own; nothing is isolated, so its steps may name paths below WORKDIR alone.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Stage:
    """What one FROM begins."""

    root: Path
    work: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """WORKDIR, on this machine."""
        return self.inside(self.work)

    @property
    def binaries(self) -> Path:
        """Where its Python is."""
        return self.root / "venv" / "bin"

    def inside(self, path: str) -> Path:
        """A path of the image, on this machine."""
        return self.root / Path(self.work, path).relative_to("/")


def build_image(file: Path, folder: Path) -> Stage:
    """Do all steps of a Dockerfile; its last stage.

    Args:
        file: whose folder is the context.
        folder: where the stages are made.
    """
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for word, rest in _instructions(file):
        if word == "FROM":
            _, _, name = rest.partition(" AS ")
            stage = Stage(folder / (name or "last"))
            stages[name] = stage
            subprocess.run([sys.executable, "-m", "venv", stage.root / "venv"], check=True)
        elif word == "COPY":
            _copy(stage, shlex.split(rest), file.parent, stages)
        elif word == "RUN":
            path = f"{stage.binaries}:/usr/bin:/bin"
            command = ["/bin/sh", "-c", rest]
            subprocess.run(command, check=True, cwd=stage.folder, env={"PATH": path})
        elif word != "ARG":
            _set(stage, word, rest)
    return stage


def _instructions(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest


def _set(stage: Stage, word: str, rest: str) -> None:
    if word == "WORKDIR":
        stage.work = rest
        stage.folder.mkdir(parents=True, exist_ok=True)
    elif word == "USER":
        stage.user = rest
    elif word == "ENTRYPOINT":
        stage.entrypoint = json.loads(rest)
    else:
        assert word == "CMD", word
        stage.command = json.loads(rest)


def _copy(stage: Stage, words: list[str], context: Path, stages: dict[str, Stage]) -> None:
    *names, target = [word for word in words if not word.startswith("--")]
    origin = next((word.partition("=")[2] for word in words if word.startswith("--from=")), "")
    for name in names:
        found = stages[origin].inside(name) if origin else context / name
        goal = stage.inside(target)
        if found.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(found, goal, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(found, goal / found.name if target.endswith("/") else goal)
