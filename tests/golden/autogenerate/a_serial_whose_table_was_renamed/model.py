"""A serial whose table was renamed."""

import sqlalchemy as sa
from sqlalchemy import Column, Integer, Table

metadata = sa.MetaData()

Table(
    "t",
    metadata,
    Column("id", sa.BigInteger, primary_key=True),
    Column("N", Integer, sa.Identity()),
    Column("fresh", Integer),
)
