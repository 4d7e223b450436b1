"""Odd names in a schema."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData(schema="My app")
Table(
    "T x",
    metadata,
    Column("Id", Integer, primary_key=True),
    Column("a%", sa.BigInteger, nullable=False),
    Column(
        "select",
        sa.Enum("100%", "it's", "new", name="Mood", schema="My app"),
        server_default="new",
    ),
    Column('g"h', Integer, sa.Computed('"a%" + 1', persisted=True)),
    Column("b", Integer, sa.CheckConstraint("b > 0", name="C c")),
    sa.Index("I %", "b", "a%", unique=True),
    sa.Index('J "j', 'g"h'),
    sa.UniqueConstraint("b", name="U u"),
)
Table("u", metadata, Column("B", sa.ForeignKey("My app.T x.b", name="F k")))
Table("Fresh", metadata, Column("x", Text, server_default=sa.Sequence("S s").next_value()))
