"""An index that a foreign key refers to."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer),
    Column("c", Integer),
    sa.Index("i", "a", unique=True, postgresql_include=["c"]),
    sa.Index("same", "c", unique=True),
    sa.UniqueConstraint("b", name="t_b_key", postgresql_include=["c"]),
)
Table(
    "u",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("t_a", sa.ForeignKey("t.a", ondelete="CASCADE")),
    Column("t_b", sa.ForeignKey("t.b", deferrable=True)),
    Column("t_c", sa.ForeignKey("t.c")),
)
