"""A diagram as Graphviz draws it: written in DOT, rendered by its program `dot`."""

from __future__ import annotations

import html
import subprocess
from typing import TYPE_CHECKING

from promptlib.core.errors import MissingExtraError, ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.erd.diagram import Attribute, Diagram, Entity, Relation

_PROGRAM = "dot"
_FONT = 'fontname="Helvetica,Arial,sans-serif"'
_HEAD = (
    "graph [rankdir=LR, bgcolor=white, nodesep=0.5, ranksep=1.2]",
    f"node [shape=plain, {_FONT}, fontsize=11]",
    f'edge [dir=both, color="#555555", {_FONT}, fontsize=10]',
)


def render_svg(diagram: Diagram) -> str:
    """The picture, as an SVG document.

    Raises:
        MissingExtraError: when Graphviz is not installed.
        ProgramError: when it does not draw it.
    """
    try:
        drawn = subprocess.run(
            [_PROGRAM, "-Tsvg"],
            input=render_dot(diagram),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise MissingExtraError(
            f"Graphviz, which draws SVG, is not installed: there is no program `{_PROGRAM}`",
            "apt-get install graphviz, brew install graphviz, or draw without it: --format mermaid",
        ) from None
    if drawn.returncode:
        raise ProgramError(f"Graphviz draws nothing: {' '.join(drawn.stderr.split())}")
    return drawn.stdout


def render_dot(diagram: Diagram) -> str:
    """The text of the picture, in DOT."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def _lines(diagram: Diagram) -> Iterator[str]:
    yield 'digraph "schema" {'
    yield from (f"    {line};" for line in _HEAD)
    yield from (
        f"    {_quoted(entity.name)} [label=<{_table_label(entity)}>];"
        for entity in diagram.entities
    )
    yield from (f"    {_edge(relation)};" for relation in diagram.relations)
    yield "}"


def _table_label(entity: Entity) -> str:
    about = "" if entity.is_in_model else "<br/><i>not in the model</i>"
    head = (
        f'<tr><td colspan="4" bgcolor="#e8e8f4"><b>{html.escape(entity.name)}</b>{about}</td></tr>'
    )
    rows = "".join(map(_attribute_row, entity.attributes))
    return f'<table border="1" cellborder="0" cellspacing="0" cellpadding="4">{head}{rows}</table>'


def _attribute_row(attribute: Attribute) -> str:
    cells = (attribute.name, attribute.type, ", ".join(attribute.keys), attribute.note)
    written = "".join(f'<td align="left">{html.escape(cell)}</td>' for cell in cells)
    return f"<tr>{written}</tr>"


def _edge(relation: Relation) -> str:
    parent = "teeodot" if relation.is_optional else "teetee"
    child = "teeodot" if relation.is_single else "crowodot"
    style = "solid" if relation.is_identifying else "dashed"
    label = _quoted(", ".join(relation.columns))
    ends = f"{_quoted(relation.parent)} -> {_quoted(relation.child)}"
    return f"{ends} [arrowtail={parent}, arrowhead={child}, style={style}, label={label}]"


def _quoted(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'
