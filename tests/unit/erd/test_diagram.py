"""diagram: tables, and what a picture shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType

from promptlib.erd.diagram import Attribute, Diagram, build_diagram
from promptlib.erd.mermaid import render_mermaid

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem
    from sqlalchemy.types import TypeEngine


def _diagram(**tables: list[SchemaItem]) -> Diagram:
    metadata = MetaData()
    for name, parts in tables.items():
        Table(name, metadata, *parts)
    return build_diagram([metadata])


def _attributes(*parts: SchemaItem) -> dict[str, Attribute]:
    ((entity,), _) = _diagram(t=[*parts])
    return {attribute.name: attribute for attribute in entity.attributes}


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _x(**options: Any) -> Column[int]:
    return Column("x", ForeignKey("parent.id"), **options)


def _pair(**y: Any) -> list[SchemaItem]:
    """A foreign key of two columns; `y` is what is said of the second."""
    return [
        Column("x", Integer, nullable=False),
        Column("y", Integer, **y),
        ForeignKeyConstraint(["x", "y"], ["pair.a", "pair.b"]),
    ]


@pytest.mark.parametrize(
    ("child", "cardinality"),
    [
        ([_x()], "|o..o{"),
        ([_x(nullable=False)], "||..o{"),
        ([_x(unique=True)], "|o..o|"),
        ([_x(nullable=False, unique=True)], "||..o|"),
        ([_x(primary_key=True)], "||--o|"),
        ([_x(primary_key=True), Column("n", Integer, primary_key=True)], "||--o{"),
        ([_x(), Index("i", "x", unique=True)], "|o..o|"),
        ([_x(), Index("i", "x")], "|o..o{"),
        ([_x(), Index("i", "x", unique=True, postgresql_where=text("x > 1"))], "|o..o{"),
        ([_x(), Index("i", func.abs(text("x")), unique=True)], "|o..o{"),
        ([_x(), Column("n", Integer), UniqueConstraint("x", "n")], "|o..o{"),
        (_pair(nullable=False), "||..o{"),
        (_pair(nullable=True), "|o..o{"),
        ([*_pair(nullable=False), UniqueConstraint("y", "x")], "||..o|"),
        (_pair(nullable=True, unique=True), "|o..o|"),
        (_pair(primary_key=True), "||..o|"),
        ([*_pair(nullable=False), PrimaryKeyConstraint("x", "y")], "||--o|"),
    ],
)
def test_the_cardinality_of_a_foreign_key(child: list[SchemaItem], cardinality: str) -> None:
    pair: list[SchemaItem] = [Column(name, Integer, primary_key=True) for name in "ab"]
    found = _diagram(parent=[_id()], pair=pair, child=child)
    (relation,) = found.relations
    columns = ", ".join(relation.columns)
    line = f'"{relation.parent}" {cardinality} "child" : "{columns}"'
    assert render_mermaid(found).splitlines()[-1].strip() == line


def test_an_index_of_an_expression_makes_no_column_unique() -> None:
    column = Column("x", Text)
    found = _attributes(_id(), column, Index("i", func.lower(column), unique=True))
    assert found["x"].keys == ()


def test_keys_of_columns() -> None:
    found = _diagram(
        a=[_id()],
        b=[
            Column("id", ForeignKey("a.id"), primary_key=True),
            Column("n", Integer, primary_key=True),
            Column("u", ForeignKey("a.id"), unique=True),
            Column("v", Integer),
            Column("w", Integer),
            Column("plain", Integer),
            UniqueConstraint("v", "w", "plain"),
        ],
    )
    a, b = found.entities
    assert [each.keys for each in a.attributes] == [("PK",)]
    assert {each.name: (each.keys, each.note) for each in b.attributes} == {
        "id": (("PK", "FK"), ""),
        "n": (("PK",), ""),
        "u": (("FK", "UK"), ""),
        "v": ((), "unique with w and plain"),
        "w": ((), ""),
        "plain": ((), ""),
    }


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (String(50), "varchar(50)"),
        (String(5, collation="C"), "varchar(5)"),
        (DateTime(timezone=True), "timestamptz"),
        (DateTime(), "timestamp"),
        (postgresql.TIMESTAMP(timezone=True, precision=3), "timestamptz(3)"),
        (postgresql.TIME(timezone=True), "timetz"),
        (postgresql.INTERVAL(fields="day to second"), "interval"),
        (postgresql.BIT(3, varying=True), "varbit(3)"),
        (postgresql.JSONB(), "jsonb"),
        (Double(), "float8"),
        (BigInteger(), "bigint"),
        (Numeric(10, 2), "numeric(10,2)"),
        (ARRAY(Text, dimensions=2), "text[][]"),
        (Enum("a", name="mood"), "mood"),
        (Enum("a", name="My Mood", schema="app"), "app.my mood"),
        (NullType(), "unknown"),
    ],
    ids=str,
)
def test_types_are_short(kind: TypeEngine[object], shown: str) -> None:
    assert _attributes(Column("x", kind))["x"].type == shown


def test_notes_say_what_is_short() -> None:
    letters = Column("letter", Text, comment="In upper case")
    found = _attributes(
        letters,
        Column("mood", Enum("sad", "so-so", "ok", name="mood")),
        Column("one", Text, CheckConstraint("one IN ('it''s')")),
        Column("rule", Text, CheckConstraint("rule IN ('a') OR rule = 'b'")),
        Column("long", Text, comment="So long that the table would be wider than the page"),
        CheckConstraint(letters.in_(["A", "B"])),
    )
    assert {name: attribute.note for name, attribute in found.items()} == {
        "letter": "In upper case; A or B",
        "mood": "sad, so-so or ok",
        "one": "it's",
        "rule": "",
        "long": "",
    }


def _referring(*names: str) -> list[SchemaItem]:
    return [_id(), *(Column(f"of_{name}", ForeignKey(f"{name}.id")) for name in names)]


def test_parents_stand_before_their_children() -> None:
    found = _diagram(
        b=_referring("z", "b"), a=_referring("b", "z"), z=_referring(), circle=_referring("other"),
        other=_referring("circle", "elsewhere"), y=_referring(),
    )  # fmt: skip
    assert [entity.name for entity in found.entities] == [
        *("y", "z", "b", "a", "circle", "other", "elsewhere")
    ]
    assert [entity.name for entity in found.entities if not entity.is_in_model] == ["elsewhere"]
    assert [(each.child, each.parent) for each in found.relations] == [
        *(("b", "z"), ("b", "b"), ("a", "b"), ("a", "z"), ("circle", "other")),
        *(("other", "circle"), ("other", "elsewhere")),
    ]


def test_schemas_belong_to_the_names() -> None:
    metadata = MetaData(schema="app")
    Table("a", metadata, _id())
    Table("b", metadata, Column("a", ForeignKey("a.id")), Column("c", ForeignKey("other.c.id")))
    found = build_diagram([metadata])
    assert [entity.name for entity in found.entities] == ["app.a", "app.b", "other.c"]
