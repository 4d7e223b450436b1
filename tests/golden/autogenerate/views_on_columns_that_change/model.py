"""Views on columns that change."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table, Text

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("a", sa.BigInteger),
    Column("b", Text),
    Column("c", Integer),
)
