"""A schema of its own."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, text

metadata = sa.MetaData(schema="app")
mood = sa.Enum("sad", "ok", name="mood", schema="app")
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", mood),
    Column("b", Integer, sa.CheckConstraint("b > 1", name="t_b_check")),
    Column("c", sa.BigInteger),
    sa.Index("i", "c", postgresql_where=text("c > 1")),
)
Table("u", metadata, Column("id", sa.ForeignKey("app.t.id"), primary_key=True))
