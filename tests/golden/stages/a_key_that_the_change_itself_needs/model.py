"""A key that the change itself needs."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", Integer, unique=True),
    Column("b", Integer, unique=True),
)
Table("u", metadata, Column("id", Integer, primary_key=True), Column("t_a", sa.ForeignKey("t.a")))
Table(
    "v",
    metadata,
    Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    Column("t_b", Integer, sa.ForeignKey("t.b")),
)
