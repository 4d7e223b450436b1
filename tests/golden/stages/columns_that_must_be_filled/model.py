"""Columns that must be filled."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, nullable=False),
    Column("b", sa.BigInteger, nullable=False, server_default="7"),
    Column("c", Integer, sa.Identity()),
    Column("fresh", Text, nullable=False),
    Column("filled", Text, nullable=False, server_default="x"),
)
