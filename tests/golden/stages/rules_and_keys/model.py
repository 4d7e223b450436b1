"""Rules and keys."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.ForeignKey("t.id", ondelete="CASCADE", deferrable=True)),
    Column("b", Integer, sa.CheckConstraint("b > 0", name="positive")),
    Column("c", Text, sa.CheckConstraint("c <> ''")),
    sa.CheckConstraint("a < 100"),
    sa.CheckConstraint("b < 100", name="later", postgresql_not_valid=True),
    sa.UniqueConstraint("a", "b", name="Pair", deferrable=True),
)
Table(
    "w",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("x", Integer),
    sa.UniqueConstraint("x", initially="DEFERRED", deferrable=True),
)
