"""Unique constraints."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, unique=True),
    Column("b", Integer),
    Column("c", Integer),
    sa.UniqueConstraint("a", "c", name="Odd one"),
)
