"""Rules that are not enforced."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, sa.CheckConstraint("a > 0", name="positive")),
    Column("b", sa.ForeignKey("t.id")),
)
