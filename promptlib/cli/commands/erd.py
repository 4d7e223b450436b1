"""`promptlib erd`: draw the tables of the model and their relations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptlib.cli.command import Answer, Command, CommonOptions, open_project, write_file
from promptlib.cli.parser import FILE

if TYPE_CHECKING:
    import argparse

    from promptlib.cli.command import Terminal

_FORMATS = (MERMAID, SVG) = ("mermaid", "svg")


class ErdOptions(NamedTuple):
    """What `promptlib erd` takes.

    Attributes:
        common: what every command takes.
        format: MERMAID or SVG; None: what the output's name implies.
        output: the file to write, instead of stdout.
    """

    common: CommonOptions
    format: str | None
    output: Path | None


def add_erd_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `promptlib erd` takes."""
    parser.add_argument(
        "--format", choices=_FORMATS, help="default: svg for a FILE of that name, else mermaid"
    )
    parser.add_argument(
        "--output", type=Path, metavar=FILE, help="write it there instead of to stdout"
    )


def erd(options: ErdOptions, _: Terminal) -> Answer:
    """Draw the model."""
    # They import SQLAlchemy and Alembic, which are slow.
    from promptlib.alembic_bridge.commands import Alembic
    from promptlib.erd.diagram import build_diagram
    from promptlib.erd.graphviz import render_svg
    from promptlib.erd.mermaid import render_mermaid

    implied = SVG if options.output and options.output.name.endswith(".svg") else MERMAID
    drawn = build_diagram(Alembic(open_project(options.common)).model())
    is_svg = (options.format or implied) == SVG
    text = render_svg(drawn) if is_svg else render_mermaid(drawn)
    if not options.output:
        return Answer(text, is_document=True)
    write_file(options.output, text)
    return Answer()


COMMAND = Command(
    summary="draw the tables of the model and their relations",
    more=(
        "As Mermaid, which forges show in Markdown, or as SVG, which takes Graphviz. Needs no "
        "database."
    ),
    example="--output schema.svg",
    options=ErdOptions,
    add_arguments=add_erd_arguments,
    run=erd,
)
