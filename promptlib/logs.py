"""Progress on stderr, for the commands; a program that calls us keeps its own logging."""

from __future__ import annotations

import logging


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
