"""A type that a generated column is computed from."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.BigInteger, nullable=False),
    Column("b", Integer, sa.Computed("a + 1", persisted=True), unique=True),
    sa.Index("i", "b"),
)
