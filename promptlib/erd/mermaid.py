"""A diagram as Mermaid writes it, which forges show in Markdown. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promptlib.erd.diagram import Attribute, Diagram, Entity, Relation

# Mermaid takes other characters in text for Markdown, for syntax or for markup.
_UNSAFE_IN_TEXT = re.compile(r"[^\w ,.()/+?!'-]")
_UNSAFE_IN_WORDS = re.compile(r"[^A-Za-z0-9_()\[\]\u00c0-\uffff-]")
_NO_WORD = re.compile(r"(?:pk|fk|uk)\b|[^A-Za-z_\u00c0-\uffff]", re.IGNORECASE)
_ELSEWHERE = "not in the model"


def render_mermaid(diagram: Diagram) -> str:
    """The text of the picture, to stand behind "```mermaid"."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "erDiagram"
    for entity in diagram.entities:
        yield from (f"    {line}" for line in _entity(entity))
    for relation in diagram.relations:
        yield f"    {_relation(relation)}"


def _entity(entity: Entity) -> Iterator[str]:
    if not entity.is_in_model:
        yield f"{_quoted(entity.name)}[{_quoted(f'{entity.name} ({_ELSEWHERE})')}]"
        return
    yield f"{_quoted(entity.name)} {{"
    yield from (f"    {_attribute(attribute)}" for attribute in entity.attributes)
    yield "}"


def _attribute(attribute: Attribute) -> str:
    words = (_word(attribute.type), _word(attribute.name), ", ".join(attribute.keys))
    note = _quoted(attribute.note) if attribute.note else ""
    return " ".join(part for part in (*words, note) if part)


def _relation(relation: Relation) -> str:
    parent = "|o" if relation.is_optional else "||"
    line = "--" if relation.is_identifying else ".."
    child = "o|" if relation.is_single else "o{"
    label = _quoted(", ".join(relation.columns))
    return f"{_quoted(relation.parent)} {parent}{line}{child} {_quoted(relation.child)} : {label}"


def _quoted(text: str) -> str:
    """In quotes, so that no name is taken for a keyword of Mermaid's."""
    coded = _UNSAFE_IN_TEXT.sub(lambda found: f"#{ord(found[0])};", text)
    return f'"{coded}"'


def _word(text: str) -> str:
    """What may stand without quotes, where Mermaid allows none."""
    word = _UNSAFE_IN_WORDS.sub("_", text)
    return f"_{word}" if _NO_WORD.match(word) else word
