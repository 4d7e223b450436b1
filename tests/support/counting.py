"""Run a command of `promptlib` or `alembic` and print, as JSON, what it did, counted.

    python -m support.counting PROGRAM [ARGUMENT ...]

Counts do not depend on the machine, as times do: calls of Python functions, of ours by name,
modules imported, and how often each file below sql/ was opened.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_MODULES = {"promptlib": "promptlib.cli.main", "alembic": "alembic.config"}


def main(program: str, *arguments: str) -> None:
    """Run it and print."""
    opened: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    calls = 0

    def audit(event: str, given: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(given[0], (str, Path)):
            path = Path(given[0])
            if (path.parent.name, path.suffix) == ("sql", ".sql"):
                opened[path.name] += 1

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        if event == "call":
            calls += 1
            if frame.f_globals.get("__name__", "").startswith("promptlib."):
                ours[frame.f_code.co_qualname] += 1

    run = importlib.import_module(_MODULES[program])
    sys.argv = [program, *arguments]
    sys.addaudithook(audit)
    with redirect_stdout(io.StringIO()):
        sys.setprofile(count)
        run.main(arguments)
        sys.setprofile(None)
    found = {"calls": calls, "ours": ours, "modules": sorted(sys.modules), "opened": opened}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
