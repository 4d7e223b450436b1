"""Identities and types at once."""

import sqlalchemy as sa
from sqlalchemy import Column, Table, Text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    Column("a", sa.BigInteger, sa.Identity()),
    Column("b", sa.BigInteger, sa.Identity(always=True)),
    Column("c", Text),
    Column("d", sa.BigInteger, sa.Identity(increment=5)),
)
