"""Git repositories for the tests: small ones, in folders of their own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_WHO = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")


@dataclass
class Repository:
    """A repository whose branch is main until another one is made."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Repository:
        """Begin one in a folder that is there."""
        made = cls(folder)
        made.git("init", "--quiet", "--initial-branch=main")
        return made

    def git(self, *arguments: str) -> str:
        """Run git here; what it says."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", *_WHO, *arguments],  # noqa: S607 - the one that the tested command runs
            cwd=self.folder,
            env={**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout.strip()

    def commit(self) -> None:
        """Commit everything that is in the folder."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x")

    def branch(self, name: str, at: str = "HEAD") -> None:
        """Go to a new branch."""
        self.git("checkout", "--quiet", "-b", name, at)

    def switch(self, name: str) -> None:
        """Go to a branch that is there."""
        self.git("checkout", "--quiet", name)
