"""graphviz: DOT, and the picture that Graphviz draws of it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from promptlib.erd.diagram import Diagram, Relation
from promptlib.erd.graphviz import render_dot, render_svg
from support import programs

_SVG = "{http://www.w3.org/2000/svg}"


def test_graphviz_draws_all_of_it(odd: Diagram) -> None:
    programs.required("dot", "graphviz")
    svg = ET.fromstring(render_svg(odd))  # noqa: S314 - our own
    said = {"".join(element.itertext()) for element in svg.iter(f"{_SVG}text")}
    assert said == {
        *('to "%', "pk", "numeric(10,2)", "PK, FK", "2 be", "app.my mood"),
        *('"~x" <b>; %%{a: b}', "größe", "text[]", "it's 5 (a, b)"),
        *("end", "prompts", "not in the model", "a, b\\"),
    }


@pytest.mark.parametrize(
    ("facts", "drawn"),
    [
        ((True, False, False), "arrowtail=teeodot, arrowhead=crowodot, style=dashed"),
        ((False, True, True), "arrowtail=teetee, arrowhead=teeodot, style=solid"),
    ],
)
def test_the_ends_of_a_relation_in_dot(facts: tuple[bool, bool, bool], drawn: str) -> None:
    relation = Relation("a", "b", ("x",), *facts)
    written = render_dot(Diagram((), (relation,)))
    assert f'"a" -> "b" [{drawn}, label="x"];' in written
