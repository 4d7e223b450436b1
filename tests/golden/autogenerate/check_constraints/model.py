"""Check constraints."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, String, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", String(9)),
    Column("c", Integer, sa.CheckConstraint("c < 6", name="other")),
    sa.CheckConstraint("b in ('x','y')", name="same"),
    sa.CheckConstraint("A < C"),
    sa.CheckConstraint("b <> '100%' AND b !~ '^\\:'", name="fresh"),
    sa.CheckConstraint("b <> ''"),
)
