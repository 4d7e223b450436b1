"""What a command costs: time, processor time and memory, on a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from support import measure
from support.projects import environment_with

if TYPE_CHECKING:
    from pathlib import Path


class Cost(NamedTuple):
    """What a command took.

    Attributes:
        wall: seconds.
        cpu: seconds of the client's processor time.
        memory: megabytes at its peak.
    """

    wall: float
    cpu: float
    memory: float


def of(command: list[str], folder: Path, url: str) -> Cost:
    """Run a command in a folder, on a database.

    Python keeps what it compiles, as it does where a program is installed.

    Raises:
        CalledProcessError: when it fails.
    """
    result = subprocess.run(
        [sys.executable, "-S", measure.__file__, *command],
        cwd=folder,
        env=environment_with({"DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": ""}),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(*json.loads(result.stdout))
