"""mermaid: a diagram as Mermaid reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptlib.erd.mermaid import render_mermaid

if TYPE_CHECKING:
    from promptlib.erd.diagram import Diagram


def test_mermaid_gets_nothing_that_it_would_not_read(odd: Diagram) -> None:
    """Each line was looked at as Mermaid 11 draws it, in a browser."""
    assert render_mermaid(odd).splitlines() == [
        "erDiagram",
        '    "to #34;#37;" {',
        "        numeric(10_2) _pk PK, FK",
        '        app_my_mood _2_be "#34;#126;x#34; #60;b#62;#59; #37;#37;#123;a#58; b#125;"',
        '        text[] größe "it\'s 5 (a, b)"',
        "    }",
        '    "end" {',
        "    }",
        '    "prompts"["prompts (not in the model)"]',
        '    "to #34;#37;" |o--o| "end" : "a, b#92;"',
    ]
