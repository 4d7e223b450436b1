"""Rules that were never checked."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, sa.CheckConstraint("a > 0", name="positive")),
    Column("b", sa.ForeignKey("t.id")),
    Column("c", Integer),
    Column("d", Integer),
    sa.CheckConstraint("c > 0", name="later", postgresql_not_valid=True),
    sa.CheckConstraint("d > 0", name="checked", postgresql_not_valid=True),
)
