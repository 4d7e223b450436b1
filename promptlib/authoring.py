"""The commands of who writes migrations."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from promptlib import arguments, config
from promptlib.answers import Answer
from promptlib.errors import shown

if TYPE_CHECKING:
    import argparse

    from promptlib.answers import Terminal

_log = logging.getLogger(__name__)


def erd(options: argparse.Namespace, _: Terminal) -> Answer:
    """Draw the model."""
    # They import SQLAlchemy and Alembic, which are slow.
    from promptlib import diagram, graphviz, handover, mermaid  # noqa: PLC0415

    path = Path(options.output or "")
    implied = arguments.SVG if path.suffix == ".svg" else arguments.MERMAID
    project = config.read(options.config, {}, options.url)
    drawn = diagram.of(handover.Alembic(project, "", {}).model())
    is_svg = (options.format or implied) == arguments.SVG
    text = graphviz.svg(drawn) if is_svg else mermaid.written(drawn)
    if not options.output:
        return Answer(text)
    path.write_text(text, encoding="utf-8")
    _log.info("drew %d tables: %s", len(drawn.entities), shown(path))
    return Answer()
