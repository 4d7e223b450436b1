"""Views on columns and tables that go."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("b", Integer),
    Column("c", sa.BigInteger),
)
