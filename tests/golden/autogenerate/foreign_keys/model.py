"""Foreign keys."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.ForeignKey("t.id", ondelete="SET NULL", deferrable=True)),
    Column("b", sa.ForeignKey("t.id")),
    Column("c", Integer),
)
