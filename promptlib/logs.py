"""Progress on stderr, for the commands; a program that calls us keeps its own logging."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def show(*, quiet: bool) -> None:
    """Write what promptlib logs to stderr as it is: from INFO on, or errors alone.

    Args:
        quiet: whether progress and notices are left out.
    """
    log = logging.getLogger("promptlib")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers = [handler]
    log.propagate = False
    log.setLevel(logging.ERROR if quiet else logging.INFO)


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """Go on in silence when whoever reads stdout has seen enough: `... | head -1`."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
