"""Identities."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()
Table(
    "t",
    metadata,
    Column("id", Integer, sa.Identity(), primary_key=True),
    Column("a", Integer, sa.Identity(always=True)),
    Column("b", Integer),
    Column("c", sa.BigInteger, sa.Identity(always=True, increment=2)),
)
