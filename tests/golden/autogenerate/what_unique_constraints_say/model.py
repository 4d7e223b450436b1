"""What unique constraints say."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer),
    Column("b", Integer, unique=True),
    Column("c", Integer),
    Column("d", Integer),
    Column("e", Integer),
    sa.UniqueConstraint("a", deferrable=True, initially="DEFERRED"),
    sa.UniqueConstraint("c", name="same", deferrable=True),
    sa.UniqueConstraint("d", name="wider", postgresql_include=["e"]),
)
