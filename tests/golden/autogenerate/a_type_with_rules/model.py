"""A type with rules."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table, Text, text

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", String(20), sa.CheckConstraint("a IN ('x', 'y')")),
    Column("b", Text),
    sa.CheckConstraint("a <> b AND b NOT IN ('x', 'y')", name="pair"),
    sa.Index("i", "a", postgresql_where=text("a IN ('x', 'y')")),
)
