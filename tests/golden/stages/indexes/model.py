"""Indexes."""

import sqlalchemy as sa
from sqlalchemy import Column, Table, Text, text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", sa.BigInteger, primary_key=True),
    Column("a", sa.BigInteger),
    Column("b", Text),
    Column("fresh", sa.BigInteger, index=True),
    sa.Index("Odd one", text("lower(b)"), unique=True, postgresql_where=text("a > 0")),
    sa.Index("other", "b", "a"),
)
Table(
    "u",
    metadata,
    Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    Column("a", Text, index=True),
)
