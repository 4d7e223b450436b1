"""A value goes that a generated column is computed from."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.Enum("sad", "ok", name="mood"), nullable=False),
    Column("b", sa.Boolean, sa.Computed("a = 'ok'", persisted=True), comment="whether it is ok"),
    Column("c", Integer, sa.CheckConstraint("c > 0")),
    sa.Index("i", "b", postgresql_where=text("b")),
    sa.CheckConstraint("b OR c IS NULL", name="rule"),
)
