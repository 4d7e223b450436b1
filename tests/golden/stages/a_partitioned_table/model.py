"""A partitioned table."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, nullable=False),
    Column("a", Integer, sa.CheckConstraint("a > 0", name="positive"), nullable=False),
    Column("day", sa.Date, nullable=False),
    sa.Index("i", "a"),
    sa.UniqueConstraint("id", "day"),
)
