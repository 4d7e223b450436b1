"""A diagram whose names and notes need care."""

from __future__ import annotations

import pytest

from promptlib.erd.diagram import Attribute, Diagram, Entity, Relation

_ODD = Diagram(
    (
        Entity(
            'to "%',
            (
                Attribute("pk", "numeric(10,2)", ("PK", "FK"), ""),
                Attribute("2 be", "app.my mood", (), '"~x" <b>; %%{a: b}'),
                Attribute("größe", "text[]", (), "it's 5 (a, b)"),
            ),
            is_in_model=True,
        ),
        Entity("end", (), is_in_model=True),
        Entity("prompts", (), is_in_model=False),
    ),
    (
        Relation(
            'to "%', "end", ("a", "b\\"), is_optional=True, is_single=True, is_identifying=True
        ),
    ),
)


@pytest.fixture
def odd() -> Diagram:
    """Names and notes that mean something in Mermaid, DOT or HTML."""
    return _ODD
